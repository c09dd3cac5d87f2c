// AWS's names for a function's files, in what Node.js tells of an error: its stack and its message.
//
// In AWS the code is in /var/task, its layers in /opt and the runtime in /var/runtime. Here they are in folders of this
// machine, and __dirname names these, so that a function can open what is beside it.

import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const RUNTIME = new URL('.', import.meta.url).href;

// Folders here, and the same in AWS.
const places = new Map();
let anyPlace = /$^/g;

export function asInAws(text) {
  return text.replace(anyPlace, (here) => places.get(here));
}

// As Node.js itself, which adds their code to its own errors.
function headOf(error) {
  const named = Error.prototype.toString.call(error);
  const isOfNode = String(error?.code).startsWith('ERR_') && named.startsWith(`${error.name}: `);
  return isOfNode ? named.replace(': ', ` [${error.code}]: `) : named;
}

export function install(root, optional) {
  for (const [here, there] of [[root, '/var/task'], [optional, '/opt']]) {
    // Node.js names a module by its real path, and those of import by URL.
    for (const folder of [here, ...fs.existsSync(here) ? [fs.realpathSync(here)] : []]) {
      places.set(folder, there).set(pathToFileURL(folder).href, `file://${there}`);
    }
  }
  // The URLs first, since each may have a folder inside; and whole names.
  const longestFirst = [...places.keys()].sort((one, other) => other.length - one.length);
  const escaped = longestFirst.map((folder) => folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  anyPlace = new RegExp(`(?:${escaped.join('|')})(?![\\w-])`, 'g');
  // The frames of the runtime itself are left out.
  Error.prepareStackTrace = (error, sites) => asInAws([
    headOf(error),
    ...sites.filter((site) => !site.getFileName()?.startsWith(RUNTIME)).map((site) => `    at ${site}`),
  ].join('\n'));
}
