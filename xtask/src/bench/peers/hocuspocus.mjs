// Hocuspocus (Yjs) as server and as device: `hocuspocus.mjs serve PORT FOLDER`, `hocuspocus.mjs device URL FOLDER`.

import { Database } from '@hocuspocus/extension-database';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { Server } from '@hocuspocus/server';
import Sqlite from 'better-sqlite3';
import WebSocket from 'ws';
import * as Y from 'yjs';

import { TRANSACTIONS, changed, created, obey } from './workload.mjs';

const [role, where, folder] = process.argv.slice(2);

if (role === 'serve') {
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
        extensions: [new Database({
            fetch: async ({ documentName }) => read.get(documentName)?.data ?? null,
            store: async ({ documentName, state }) => { write.run(documentName, state); },
        })],
    });
    await server.listen();
    console.log('ok');
} else {
    const socket = new HocuspocusProviderWebsocket({ url: where, WebSocketPolyfill: WebSocket, minDelay: 200, maxDelay: 2000 });
    const documents = new Map();
    const map = (value) => {
        const made = new Y.Map();
        for (const [key, inner] of Object.entries(value)) {
            made.set(key, typeof inner === 'object' ? map(inner) : inner);
        }
        return made;
    };
    const set = (root, [path, value]) => {
        const [last, ...above] = [...path].reverse();
        const at = above.reverse().reduce((inner, key) => inner.get(key), root);
        at.set(last, typeof value === 'object' ? map(value) : value);
    };
    const open = (number) => new Promise((synced) => {
        const document = new Y.Doc();
        const provider = new HocuspocusProvider({
            websocketProvider: socket, name: `record-${number}`, document, onSynced: () => synced(document),
        });
        provider.attach();
        documents.set(number, document);
    });
    let records = 0;
    await obey({
        async fill(count) {
            for (let number = 0; number < Number(count); number += 1) {
                const document = await open(number);
                const root = document.getMap('record');
                document.transact(() => {
                    for (const [key, value] of Object.entries(created())) root.set(key, map(value));
                });
                for (let round = 1; round <= TRANSACTIONS; round += 1) {
                    document.transact(() => set(root, changed(round)));
                }
            }
        },
        async load(count) {
            records = Number(count);
            await Promise.all(Array.from({ length: records }, (_, number) => open(number)));
            const whole = (document) => document.getMap('record').get('answers')?.get('answer_59');
            return [...documents.values()].filter(whole).length;
        },
        async edit(first, count, tag) {
            for (let number = Number(first); number < Number(first) + Number(count); number += 1) {
                const document = documents.get(number);
                const root = document.getMap('record');
                for (let at = 0; at < 10; at += 1) {
                    document.transact(() => set(root, [['answers', `answer_${at + 20}`], `${tag} ${at}`]));
                }
            }
        },
        async count(tag) {
            const has = (document) => document.getMap('record').get('answers')?.get('answer_29') === `${tag} 9`;
            return [...documents.values()].filter(has).length;
        },
    });
}
