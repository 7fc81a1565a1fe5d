const { exec } = require("child_process");

function Job(name, folder) {
  this.name = name;
  this.folder = folder;
  this.start = (text) => {
    exec(text); // flows
  };
}

Job.prototype.run = function () {
  exec("ls " + this.name); // flows
};

Job.prototype.runOwn = function () {
  exec("ls " + this.folder);
};

class Base {
  constructor(name) {
    this.name = name;
  }
  shared(text) {
    exec(text); // flows
  }
  get command() {
    return "ls " + this.name;
  }
}

class Special extends Base {
  constructor(name, folder) {
    super(name);
    this.folder = folder;
  }
  go() {
    exec(this.name); // flows
    exec(this.folder);
  }
}

function made(req, res) {
  const job = new Job(req.query.q, "/");
  job.run();
  job.runOwn();
  job.start(req.query.q);
}

function inherited(req, res) {
  const special = new Special(req.query.q, "/tmp");
  special.go();
  special.shared(req.query.q);
  exec(special.command); // flows
  exec(special.folder);
}

function service(req, res, runner) {
  runner.launchAll(req.query.q);
}

class Runner {
  launchAll(text) {
    exec(text); // flows
  }
}

function each(text) {
  exec(text); // flows
}

function byName(req, res) {
  req.query.list.forEach(each);
}

function callIt(fn, value) {
  fn(value);
}

function dangerous(value) {
  exec(value); // flows
}

function handedToOwn(req, res) {
  callIt(dangerous, req.query.q);
}

const table = { a: (text) => exec(text) }; // flows

function byTable(req, res) {
  table[req.query.kind](req.query.q);
}

function load(text) {
  return Promise.resolve(text);
}

function chained(req, res) {
  load(req.query.q).then(each);
}

function withCallback(text, done) {
  done(null, text);
}

function calledBack(req, res) {
  withCallback(req.query.q, (err, text) => {
    exec(text); // flows
  });
}

function promised(req, res) {
  new Promise((resolve, reject) => resolve(req.query.q)).then((text) => exec(text)); // flows
}

function spread(...args) {
  exec(args[0]); // flows
}

function byPosition(req, res) {
  spread(req.query.q, "x");
}

function options({ name, folder }) {
  exec(name); // flows
  exec(folder);
}

function byOptions(req, res) {
  options({ name: req.query.q, folder: "/" });
}
