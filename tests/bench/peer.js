// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 the P3M for GIMP and Krita developers
// ONNX Runtime as a worker of tools/bench: lines of JSON in, lines of JSON out. The first argument is the
// folder of onnxruntime-node.
"use strict";
const fs = require("fs");
const readline = require("readline");
const ort = require(process.argv[2]);

let session = null;
let input = null;

// {model, height, width, rgb, threads}: loads a model for one size, and its input.
async function load(order) {
  session = await ort.InferenceSession.create(order.model, {
    intraOpNumThreads: order.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    freeDimensionOverrides: { height: order.height, width: order.width },
  });
  const bytes = fs.readFileSync(order.rgb);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  input = new ort.Tensor("float32", values, [1, 3, order.height, order.width]);
  return {};
}

// {outputs: [name], write: {name: file}}: one run.
async function run(order) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const results = await session.run({ rgb: input }, order.outputs);
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  const used = process.cpuUsage(cpu);
  for (const [name, file] of Object.entries(order.write || {})) {
    const data = results[name].data;
    fs.writeFileSync(file, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  return { wall, cpu: (used.user + used.system) / 1e6 };
}

// What the system counts as this process's peak would include that of the process which started it.
function getPeak() {
  const [, kilobytes] = fs.readFileSync("/proc/self/status", "utf8").match(/VmHWM:\s*(\d+)/);
  return { peak: kilobytes * 1024 };
}

const verbs = { load, run, peak: getPeak };

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    console.log(JSON.stringify(await verbs[order.verb](order)));
  }
}

main();
