// PouchDB over HTTP as server and as device: `pouchdb.mjs serve PORT FOLDER`, `pouchdb.mjs device URL FOLDER`.
//
// It keeps the numbers of former revisions, not what stood in them. LevelDB is written without waiting for the disk.

import express from 'express';
import pouchServer from 'express-pouchdb';
import { mkdirSync } from 'node:fs';
import PouchDB from 'pouchdb';

import { PARTS, TRANSACTIONS, changed, created, edits, isWhole, obey, shows, touch, touched, until } from './workload.mjs';

const [role, where, folder] = process.argv.slice(2);
const NAME = 'w';

function serve() {
    mkdirSync(`${folder}/served`);
    process.chdir(folder);
    const app = express();
    const Kept = PouchDB.defaults({ prefix: `${folder}/served/` });
    app.use('/', pouchServer(Kept, { mode: 'minimumForPouchDB', inMemoryConfig: true }));
    app.listen(Number(where), '127.0.0.1', () => console.log('ok'));
}

const name = (number, part) => `record-${number}-${part}`;
const put = (document, [path, value]) => {
    const [last, ...above] = [...path].reverse();
    const at = above.reverse().reduce((inner, key) => inner[key], document);
    at[last] = value;
};

async function device() {
    const url = where.replace('ws://', 'http://');
    const local = new PouchDB(`${folder}/device-${process.pid}`);
    const server = new PouchDB(`${url}/${NAME}`);
    let records = 0;
    /** From now on everything goes both ways, and again after a break. */
    const follow = () => local.sync(server, { live: true, retry: true, back_off_function: () => 1000 });
    const answers = async (number) => (await local.get(name(number, 0)).catch(() => ({}))).answers;
    const counted = async (holds) => {
        let count = 0;
        for (let number = 0; number < records; number += 1) count += holds(await answers(number)) ? 1 : 0;
        return count;
    };
    const change = async (number, part, some) => {
        const document = await local.get(name(number, part));
        for (const one of some) {
            put(document, one);
            document._rev = (await local.put(document)).rev;
        }
    };
    const kept = [];
    await obey({
        async fill(count) {
            for (let number = 0; number < Number(count); number += 1) {
                const documents = created().map((value, part) => ({ _id: name(number, part), ...value }));
                await local.bulkDocs(documents);
                const of = Array.from({ length: PARTS }, () => []);
                for (let round = 1; round <= TRANSACTIONS; round += 1) {
                    const [part, ...one] = changed(round);
                    of[part].push(one);
                }
                for (let part = 0; part < PARTS; part += 1) await change(number, part, of[part]);
            }
            await local.replicate.to(server);
        },
        async load(count) {
            await local.replicate.from(server);
            records = Number(count);
            const whole = await counted(isWhole);
            follow();
            return whole;
        },
        async edit(first, count, tag) {
            for (let number = Number(first); number < Number(first) + Number(count); number += 1) {
                await change(number, 0, edits(tag));
            }
        },
        async count(tag) { return counted((found) => shows(found, tag)); },
        async touch(tag) { await change(0, 0, [touch(tag)]); },
        async see(tag) { await until(async () => touched(await answers(0), tag)); },
        async idle(count) {
            for (let number = 0; number < Number(count); number += 1) {
                kept.push(server.changes({ live: true, since: 'now', heartbeat: 60_000 }));
            }
        },
    });
}

await (role === 'serve' ? serve() : device());
