// automerge-repo as server and as device: `automerge.mjs serve PORT FOLDER`, `automerge.mjs device URL FOLDER`.

import { Repo } from '@automerge/automerge-repo';
import { WebSocketClientAdapter, WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { readFileSync, writeFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';

import { TRANSACTIONS, changed, created, obey } from './workload.mjs';

const [role, where, folder] = process.argv.slice(2);

if (role === 'serve') {
    const server = new WebSocketServer({ port: Number(where), host: '127.0.0.1' });
    const repo = new Repo({
        network: [new WebSocketServerAdapter(server)],
        storage: new NodeFSStorageAdapter(`${folder}/automerge`),
        sharePolicy: async () => false,
    });
    server.on('listening', () => console.log('ok', Boolean(repo)));
} else {
    const list = `${folder}/automerge.json`;
    const repo = new Repo({ network: [new WebSocketClientAdapter(where, 500)] });
    let handles = [];
    const set = (document, [path, value]) => {
        const [last, ...above] = [...path].reverse();
        const at = above.reverse().reduce((inner, key) => inner[key], document);
        at[last] = value;
    };
    await obey({
        async fill(records) {
            for (let record = 0; record < Number(records); record += 1) {
                const handle = repo.create(created());
                for (let round = 1; round <= TRANSACTIONS; round += 1) {
                    handle.change((document) => set(document, changed(round)));
                }
                handles.push(handle);
            }
            writeFileSync(list, JSON.stringify(handles.map((handle) => handle.url)));
        },
        async load() {
            const urls = JSON.parse(readFileSync(list, 'utf8'));
            handles = await Promise.all(urls.map((url) => repo.find(url)));
            await Promise.all(handles.map((handle) => handle.whenReady()));
            return handles.filter((handle) => handle.doc().answers.answer_59).length;
        },
        async edit(first, count, tag) {
            for (const handle of handles.slice(Number(first), Number(first) + Number(count))) {
                for (let at = 0; at < 10; at += 1) {
                    handle.change((document) => set(document, [['answers', `answer_${at + 20}`], `${tag} ${at}`]));
                }
            }
        },
        async count(tag) {
            const has = (handle) => handle.doc().answers.answer_29 === `${tag} 9`;
            return handles.filter(has).length;
        },
    });
}
