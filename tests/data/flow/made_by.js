const axios = require("axios");
const { spawn, execFile, execSync } = require("child_process");
const { VM } = require("vm2");

const api = axios.create({ timeout: 1000 });

async function byClient(req, res) {
  await api.get(req.query.url); // flows
  await api.defaults.get(req.query.url);
}

function shellInList(req, res) {
  spawn("sh", ["-c", "ls " + req.query.q]); // flows
  spawn("ls", ["-l", req.query.q]);
  execFile("/bin/bash", ["-c", req.query.q]); // flows
  spawn("ls", [req.query.q], { shell: true }); // flows
  spawn(req.query.program, []); // flows
}

function header(req, res) {
  res.setHeader("Location", req.query.next); // flows
  res.setHeader("X-Name", req.query.name);
  res.writeHead(302, { Location: req.query.next }); // flows
}

function sandbox(req, res) {
  const vm = new VM();
  vm.run(req.body.code); // flows
}
