// Run one Lambda function in Node.js: the program of a child process that lambda_process.py starts.
//
// The protocol is lambda_runtime.py's: frames (lambda_messages.py) come in on standard input, answers leave on the
// descriptor that the first argument names, and the log is standard error.
//
// The shapes of handlers, contexts, errors and log lines are those of "Define Lambda function handler in Node.js",
// "Using the Lambda context object to retrieve Node.js function information" and "Log and monitor Node.js Lambda
// functions" in AWS's Lambda Developer Guide.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { Worker } from 'node:worker_threads';
import { asInAws, install as nameFiles } from './lambda_paths.mjs';

const ANSWERS = Number(process.argv[2]);
const LOG = 2;
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const EXTENSIONS = ['.js', '.mjs', '.cjs'];

// Reads requests in a thread of its own: when LocalStack is gone it ends this process, whatever the function is doing.
const READER = `
const net = require('node:net');
const { parentPort } = require('node:worker_threads');
let pieces = [], length = 0, needed = 8;
const stdin = new net.Socket({ fd: 0, readable: true, writable: false });
stdin.on('data', (piece) => {
  pieces.push(piece);
  length += piece.length;
  while (length >= needed) {
    const all = Buffer.concat(pieces), start = 8 + all.readUInt32BE(0), end = start + all.readUInt32BE(4);
    pieces = [all];
    needed = end;
    if (length < end) break;
    parentPort.postMessage({ header: JSON.parse(all.subarray(8, start)), body: all.subarray(start, end).toString() });
    pieces = [all.subarray(end)];
    length -= end;
    needed = 8;
  }
});
stdin.on('close', () => process.kill(process.pid, 'SIGKILL'));`;

let requestId = '';
let endOfLog = '';

function writeAll(descriptor, bytes) {
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(descriptor, bytes, done);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function print(text) {
  writeAll(LOG, Buffer.from(`${text}\n`));
}

function maxMemoryMb() {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'ascii'))[1]) / 1024);
  } catch {
    return Math.round(process.resourceUsage().maxRSS / 1024);
  }
}

function answer(kind, body = '') {
  // The log of this step ends here: the marker goes after all that was printed, before the answer.
  writeAll(LOG, Buffer.from(endOfLog));
  const header = Buffer.from(JSON.stringify({ kind, max_memory_mb: maxMemoryMb() }));
  const content = Buffer.from(body);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(header.length, 0);
  lengths.writeUInt32BE(content.length, 4);
  writeAll(ANSWERS, Buffer.concat([lengths, header, content]));
}

function logsJson() {
  return process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
}

function log(level, ...values) {
  const timestamp = new Date().toISOString();
  if (!logsJson()) {
    // A message of several lines stays one event of the log.
    print(`${timestamp}\t${requestId}\t${level}\t${format(...values)}`.replaceAll('\n', '\r'));
    return;
  }
  const least = (process.env.AWS_LAMBDA_LOG_LEVEL ?? 'INFO').toUpperCase();
  if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
  const message = values.length === 1 && !(values[0] instanceof Error) ? values[0] : format(...values);
  print(JSON.stringify({ timestamp, level, requestId, message }));
}

function installLogging() {
  const methods = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(methods)) console[method] = (...values) => log(level, ...values);
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk, encoding, done) => {
      writeAll(LOG, Buffer.from(chunk, typeof encoding === 'string' ? encoding : undefined));
      (typeof encoding === 'function' ? encoding : done)?.();
      return true;
    };
  }
}

function errorPayload(error, errorType) {
  const isError = error instanceof Error;
  const payload = {
    errorType: errorType ?? (isError ? error.name : typeof error),
    errorMessage: asInAws(isError ? error.message : String(error)),
    trace: isError ? asInAws(String(error.stack)).split('\n') : [],
  };
  log('ERROR', logsJson() ? payload : `Invoke Error \t${JSON.stringify(payload)}`);
  return JSON.stringify(payload);
}

class InitError extends Error {
  constructor(errorType, error) {
    super(String(error));
    this.name = errorType;
    this.stack = `${errorType}: ${error.stack ?? error}`;
  }
}

async function loadHandler(root, name) {
  const dot = path.basename(name).indexOf('.');
  if (dot < 0) throw new InitError('Runtime.MalformedHandlerName', `Bad handler ${name}`);
  const base = path.join(root, path.dirname(name), path.basename(name).slice(0, dot));
  const names = path.basename(name).slice(dot + 1).split('.');
  const file = EXTENSIONS.map((extension) => base + extension).find((candidate) => fs.existsSync(candidate));
  if (!file) throw new InitError('Runtime.ImportModuleError', `Error: Cannot find module '${path.basename(base)}'`);
  let module;
  try {
    module = await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw new InitError('Runtime.UserCodeSyntaxError', error);
    if (/MODULE_NOT_FOUND/.test(error?.code)) throw new InitError('Runtime.ImportModuleError', error);
    throw error;
  }
  // What a CommonJS module exports is its default export; Node finds only some of the names in it by itself.
  const find = (start) => names.reduce((value, key) => value?.[key], start);
  const handler = find(module) ?? find(module.default);
  if (!handler) throw new InitError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new InitError('Runtime.HandlerNotFound', `${name} is not a function`);
  return handler;
}

function contextOf(header) {
  const deadline = performance.now() + header.remaining_s * 1000;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    invokedFunctionArn: header.function_arn,
    awsRequestId: header.request_id,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(Math.floor(deadline - performance.now()), 0),
  };
}

// The handler is its method, as in AWS: a stack names it so.
class Runtime {
  constructor(handler) {
    this.handler = handler;
  }
}

// Call a handler of either pattern: one that returns a promise, or one that calls back. The second kind ends, with
// null, when nothing is left to wait for.
function call(runtime, event, context, worker) {
  let settle;
  const called = new Promise((resolve, reject) => {
    settle = (error, result) => {
      worker.ref();
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    };
  });
  const result = runtime.handler(event, context, settle);
  if (typeof result?.then === 'function') return result;
  worker.unref();
  process.once('beforeExit', () => settle(null, null));
  return called;
}

async function invoke(runtime, header, body, worker) {
  process.env._X_AMZN_TRACE_ID = header.trace_id;
  let event;
  try {
    event = body ? JSON.parse(body) : {};
  } catch (error) {
    return ['error', errorPayload(error, 'Runtime.UnmarshalError')];
  }
  let result;
  try {
    result = await call(runtime, event, contextOf(header), worker);
  } catch (error) {
    return ['error', errorPayload(error)];
  }
  try {
    return ['response', JSON.stringify(result ?? null) ?? 'null'];
  } catch (error) {
    return ['error', errorPayload(new Error(`Unable to stringify response body: ${error.message}`), 'Runtime.MarshalError')];
  }
}

function dieOf(errorType) {
  return (error) => {
    answer('fatal', errorPayload(error, errorType));
    process.exit(1);
  };
}

async function main() {
  const worker = new Worker(READER, { eval: true });
  const waiting = [];
  let wake = () => {};
  worker.on('message', (frame) => {
    waiting.push(frame);
    wake();
  });
  const next = async () => {
    if (waiting.length === 0) await new Promise((resolve) => { wake = resolve; });
    return waiting.shift();
  };

  const { header: settings } = await next();
  endOfLog = settings.end_of_log;
  process.env = settings.env;
  process.chdir(settings.task_root);
  installLogging();
  nameFiles(settings.task_root, settings.optional);
  let runtime;
  try {
    runtime = new Runtime(await loadHandler(settings.task_root, settings.env._HANDLER));
  } catch (error) {
    answer('init_error', errorPayload(error));
    process.exit(0);
  }
  process.on('uncaughtException', dieOf());
  process.on('unhandledRejection', dieOf('Runtime.UnhandledPromiseRejection'));
  answer('ready');
  for (;;) {
    const { header, body } = await next();
    requestId = header.request_id;
    answer(...await invoke(runtime, header, body, worker));
  }
}

await main();
