import os
import subprocess
from subprocess import run

import aiohttp
import requests
from flask import make_response, request


class Client:
    def __init__(self):
        self.session = requests.Session()

    def fetch(self, address):
        return self.session.get(address)  # flows


def by_session():
    session = requests.Session()
    session.get(request.args["url"])  # flows
    session.headers.get(request.args["url"])


def at_once():
    requests.Session().post(request.args["url"])  # flows


def by_class():
    Client().fetch(request.args["url"])


async def by_context():
    async with aiohttp.ClientSession() as session:
        async with session.get(request.args["url"]) as answer:  # flows
            return await answer.text()


def no_session(cache):
    cache.get(request.args["url"])


def shell_in_list():
    run(["sh", "-c", "ls " + request.args["q"]])  # flows
    subprocess.run(("/bin/bash", "-c", request.args["q"]))  # flows
    run(["ls", "-l", request.args["q"]])


def replaced():
    os.execvp(request.args["q"], ["x"])  # flows


def header():
    answer = make_response("", 302)
    answer.headers["Location"] = request.args["next"]  # flows
    answer.headers["X-Name"] = request.args["name"]
    return answer


def in_words():
    subprocess.run(request.args["command"].split())  # flows
    subprocess.run(["ls", *request.args["names"].split(",")])
