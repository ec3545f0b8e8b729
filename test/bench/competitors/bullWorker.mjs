/** A worker of BullMQ as its users write it: `bullWorker.mjs PORT QUEUE CONCURRENCY`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'bullmq';

const [port, queue, concurrency] = process.argv.slice(2);
const run = promisify(execFile);

const worker = new Worker(
  queue,
  async job => (await run('/bin/sh', ['-c', job.data.command])).stdout,
  { connection: { host: '127.0.0.1', port: Number(port) }, concurrency: Number(concurrency) },
);
worker.on('error', error => console.error(error.message));
process.on('SIGTERM', () => worker.close());
await worker.waitUntilReady();
console.log('ready');
