const { exec } = require("child_process");

function found(req, res) {
  let a = "";
  for (const q of req.query.list) {
    if (q) {
      a = q;
      break;
    }
  }
  exec(a); // flows
}

function chosen(req, res) {
  let a = "";
  switch (req.query.kind) {
    case "x": {
      a = req.query.q;
      break;
    }
    default:
      a = "ls";
  }
  exec(a); // flows
}

function leftEarly(req, res) {
  let a = "";
  switch (req.query.kind) {
    case "x":
      if (req.query.long) {
        a = req.query.q;
        break;
      }
      a = "ls";
  }
  exec(a); // flows
}
