import os

from starlette.requests import Request


def my_api(req):
    os.system("ls " + req.POST.get("q"))  # flows


class Things:
    def on_get(self, req, resp):
        os.system("ls " + req.get_param("q"))  # flows


def typed(incoming: Request):
    os.system("ls " + incoming.query_params["q"])  # flows


def sent(client, session, req):
    os.system("ls " + req.path)
