// automerge-repo as server and as device: `automerge.mjs serve PORT FOLDER`, `automerge.mjs device URL FOLDER`.
//
// The server is what the official one is: a repository that keeps everything and announces nothing by itself.

import { Repo } from '@automerge/automerge-repo';
import { WebSocketClientAdapter, WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { readFileSync, writeFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';

import { PARTS, TRANSACTIONS, changed, created, edits, isWhole, obey, shows, touch, touched, until } from './workload.mjs';

const [role, where, folder] = process.argv.slice(2);
const RETRY_MS = 2000;
// Records that are asked for at once.
const TOGETHER = 25;

const set = (handle, [path, value]) => handle.change((document) => {
    const [last, ...above] = [...path].reverse();
    const at = above.reverse().reduce((inner, key) => inner[key], document);
    at[last] = value;
});

function serve() {
    // It ends by itself where a document takes it longer than a minute, as many at once on a busy machine do.
    process.on('unhandledRejection', (fault) => { if (!/timed out/.test(`${fault}`)) throw fault; });
    const server = new WebSocketServer({ port: Number(where), host: '127.0.0.1' });
    const repo = new Repo({
        network: [new WebSocketServerAdapter(server)],
        storage: new NodeFSStorageAdapter(`${folder}/automerge`),
        sharePolicy: async () => false,
    });
    server.on('listening', () => console.log('ok', Boolean(repo)));
}

/** A repository with a way to the server that stands. */
async function connected() {
    const repo = new Repo({ network: [new WebSocketClientAdapter(where, RETRY_MS)] });
    await until(() => repo.peers.length > 0);
    return repo;
}

/** Waits until another device is given all of these as they are here. */
async function arrived(handles) {
    const other = await connected();
    for (const handle of handles) {
        await until(async () => {
            const found = await other.find(handle.url).catch(() => undefined);
            if (found && `${found.heads()}` === `${handle.heads()}`) return true;
            await new Promise((later) => setTimeout(later, 100));
            return false;
        });
    }
}

async function device() {
    // Its adapter throws where a connection is cut, and would try again.
    process.on('uncaughtException', (fault) => { if (!/ECONN|hang up/.test(`${fault}`)) throw fault; });
    const list = `${folder}/automerge.json`;
    const repo = await connected();
    // Documents of each record; the first holds the answers.
    const records = [];
    const answers = (record) => record[0].doc().answers;
    const kept = [];
    await obey({
        async fill(count) {
            for (let number = 0; number < Number(count); number += 1) {
                const record = created().map((document) => repo.create(document));
                for (let round = 1; round <= TRANSACTIONS; round += 1) {
                    const [part, ...change] = changed(round);
                    set(record[part], change);
                }
                records.push(record);
                // So that what is written is also sent.
                await new Promise((later) => setTimeout(later, 20));
            }
            await arrived(records.flat());
            writeFileSync(list, JSON.stringify(records.flat().map((handle) => handle.url)));
        },
        async load(count) {
            const urls = JSON.parse(readFileSync(list, 'utf8')).slice(0, Number(count) * PARTS);
            // One that does not come within a minute is given up, so not all are asked for at once.
            for (let at = 0; at < urls.length; at += TOGETHER * PARTS) {
                const some = urls.slice(at, at + TOGETHER * PARTS).map((url) => repo.find(url));
                const handles = await Promise.all(some);
                for (let of = 0; of < handles.length; of += PARTS) records.push(handles.slice(of, of + PARTS));
            }
            return records.filter((record) => isWhole(answers(record))).length;
        },
        async edit(first, count, tag) {
            const some = records.slice(Number(first), Number(first) + Number(count));
            for (const [handle] of some) edits(tag).forEach((change) => set(handle, change));
        },
        async count(tag) {
            return records.filter((record) => shows(answers(record), tag)).length;
        },
        async touch(tag) { set(records[0][0], touch(tag)); },
        async see(tag) { await until(() => touched(answers(records[0]), tag)); },
        async idle(count) {
            for (let number = 0; number < Number(count); number += 1) kept.push(await connected());
        },
    });
}

await (role === 'serve' ? serve() : device());
