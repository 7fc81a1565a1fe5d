import os

from flask import request


def found_in_a_loop():
    a = ""
    for q in request.args:
        if q:
            a = q
            break
    os.system(a)  # flows


def read_until_something_came():
    a = ""
    while True:
        a = request.args["q"]
        if a:
            break
    os.system(a)  # flows


def only_named_ones():
    a = ""
    for q in request.args:
        if q not in ("x", "y"):
            continue
        a = q
    os.system(a)
