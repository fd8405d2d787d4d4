// Hocuspocus (Yjs) as server and as device: `hocuspocus.mjs serve PORT FOLDER`, `hocuspocus.mjs device URL FOLDER`.
//
// It writes a document 2 s after its last change, 10 s after the first at the latest: its own setting.

import { Database } from '@hocuspocus/extension-database';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { Server } from '@hocuspocus/server';
import Sqlite from 'better-sqlite3';
import WebSocket from 'ws';
import * as Y from 'yjs';

import { TRANSACTIONS, changed, created, edits, isWhole, obey, shows, touch, touched, until } from './workload.mjs';

const [role, where, folder] = process.argv.slice(2);

const map = (value) => {
    const made = new Y.Map();
    for (const [key, inner] of Object.entries(value)) made.set(key, typeof inner === 'object' ? map(inner) : inner);
    return made;
};
const set = (document, [path, value]) => document.transact(() => {
    const [last, ...above] = [...path].reverse();
    const at = above.reverse().reduce((inner, key) => inner.get(key), document.getMap('record'));
    at.set(last, typeof value === 'object' ? map(value) : value);
});

async function serve() {
    const database = new Sqlite(`${folder}/hocuspocus.db`);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, data BLOB)');
    const read = database.prepare('SELECT data FROM documents WHERE name = ?');
    const write = database.prepare('INSERT INTO documents VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data');
    const server = new Server({
        port: Number(where),
        address: '127.0.0.1',
        quiet: true,
        // Its own bounds of 100 and 1,000 would end the connection of a device that opens all.
        maxPendingDocuments: 10_000,
        maxUnauthenticatedQueueMessages: 100_000,
        extensions: [new Database({
            fetch: async ({ documentName }) => read.get(documentName)?.data ?? null,
            store: async ({ documentName, state }) => { write.run(documentName, state); },
        })],
    });
    await server.listen();
    console.log('ok');
}

const way = () => new HocuspocusProviderWebsocket({ url: where, WebSocketPolyfill: WebSocket, minDelay: 500, maxDelay: 2000 });

/** Opens a document by a connection and waits until it is as the server has it. */
const open = (socket, name) => new Promise((synced) => {
    const document = new Y.Doc();
    const provider = new HocuspocusProvider({
        websocketProvider: socket, name, document, onSynced: () => synced({ document, provider }),
    });
    provider.attach();
});

async function device() {
    // A connection that is cut while it opens is tried again.
    process.on('uncaughtException', (fault) => { if (!/ECONN|hang up|closed before/.test(`${fault}`)) throw fault; });
    const socket = way();
    const names = created().map((_, part) => part);
    const record = async (number) => {
        const opened = await Promise.all(names.map((part) => open(socket, `record-${number}-${part}`)));
        return opened.map(({ document }) => document);
    };
    let records = [];
    const answers = (documents) => documents[0].getMap('record').get('answers')?.toJSON();
    const kept = [];
    await obey({
        async fill(count) {
            for (let number = 0; number < Number(count); number += 1) {
                const documents = await record(number);
                created().forEach((value, part) => documents[part].transact(() => {
                    const root = documents[part].getMap('record');
                    for (const [key, inner] of Object.entries(value)) root.set(key, map(inner));
                }));
                for (let round = 1; round <= TRANSACTIONS; round += 1) {
                    const [part, ...change] = changed(round);
                    set(documents[part], change);
                }
            }
        },
        async load(count) {
            records = await Promise.all(Array.from({ length: Number(count) }, (_, number) => record(number)));
            return records.filter((documents) => isWhole(answers(documents))).length;
        },
        async edit(first, count, tag) {
            const some = records.slice(Number(first), Number(first) + Number(count));
            for (const [document] of some) edits(tag).forEach((change) => set(document, change));
        },
        async count(tag) {
            return records.filter((documents) => shows(answers(documents), tag)).length;
        },
        async touch(tag) { set(records[0][0], touch(tag)); },
        async see(tag) { await until(() => touched(answers(records[0]), tag)); },
        async idle(count) {
            for (let number = 0; number < Number(count); number += 1) kept.push(await open(way(), 'empty'));
        },
    });
}

await (role === 'serve' ? serve() : device());
