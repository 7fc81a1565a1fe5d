import os
from functools import partial

from flask import request


class Job:
    prefix = "ls "

    def __init__(self, name, folder="/"):
        self.name = name
        self.folder = folder

    @property
    def command(self):
        return self.prefix + self.name

    def run(self):
        os.system("ls " + self.name)  # flows

    def run_own(self):
        os.system("ls " + self.folder)

    @classmethod
    def of(cls, name):
        return cls(name)


class Base:
    def start(self, text):
        self.finish(text)

    def shared(self, text):
        os.system(text)  # flows


class Special(Base):
    def finish(self, text):
        os.system(text)  # flows

    def parent(self, text):
        super().shared(text)


def made():
    job = Job(request.args["q"])
    job.run()


def fields_outside():
    job = Job(request.args["q"])
    os.system(job.name)  # flows
    os.system(job.folder)


def by_property():
    job = Job(request.args["q"])
    os.system(job.command)  # flows


def by_class_method():
    os.system(Job.of(request.args["q"]).name)  # flows


def inherited():
    Special().start(request.args["q"])


def inherited_by_name():
    special = Special()
    special.shared(request.args["q"])
    special.parent(request.args["q"])


def choose(kind):
    kinds = {"special": Special}
    return kinds[kind]()


def of_unknown_class(kind):
    choose(kind).finish(request.args["q"])


def given_on(runner):
    runner.launch(request.args["q"])


class Runner:
    def launch(self, text):
        os.system(text)  # flows


def run_text(flag, text):
    os.system(text)  # flows


def by_partial():
    partial(run_text, True)(request.args["q"])


def spread(**kwargs):
    os.system(kwargs["text"])  # flows


def by_keywords():
    spread(text=request.args["q"], other="x")


def listed(*args):
    os.system(args[0])  # flows


def by_position():
    listed(request.args["q"])


def each(text):
    os.system(text)  # flows


def handed_by_name():
    list(map(each, request.args.getlist("q")))


def call_it(function, value):
    return function(value)


def dangerous(value):
    os.system(value)  # flows


def handed_to_own():
    call_it(dangerous, request.args["q"])


TABLE = {"a": dangerous}


def by_table():
    TABLE["a"](request.args["q"])


def named_with_spread(data):
    return request.args.get(each, **data)
