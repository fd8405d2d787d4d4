// The workload W for other sync servers: the same answers, items and notes, in the same number of documents.
//
// A record is seven documents, as with us, or one if PEERS_PARTS is 1.

import { createInterface } from 'node:readline';

export const TRANSACTIONS = 30;
const RUNS = 5;
const ITEMS = 25;
const NOTES = 30;
const CREATED_NOTES = NOTES - TRANSACTIONS / 3;

/** Documents of a record. */
export const PARTS = process.env.PEERS_PARTS === '1' ? 1 : RUNS + 2;

const sentence = 'Hembesök. Familjen mår bra och barnen har börjat skolan. ';
const note = (number) => ({
    body: `${number} ${sentence.repeat(6)}`.slice(0, 300),
    source: 'own_observation',
});
const item = (run, status) => ({ status, comment: `Genomgånget vid besök ${run}, inget att anmärka` });
const many = (count, name, make) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}_${at}`, make(at)]));

/** The documents of a record as it is created: 60 answers, five runs of 25 items, 20 of its 30 notes. */
export function created() {
    const all = [
        { answers: many(60, 'answer', () => 'Ett svar av vanlig längd') },
        ...Array.from({ length: RUNS }, (_, run) => ({
            [`run_${run}`]: many(ITEMS, 'item', () => item(run + 1, 'ok')),
        })),
        { notes: many(CREATED_NOTES, 'note', note) },
    ];
    return PARTS === 1 ? [Object.assign({}, ...all)] : all;
}

/** The change of a record in a round from 1 on: which of its documents, a path, and what stands there from then on. */
export function changed(round) {
    const at = Math.floor((round - 1) / 3);
    const number = CREATED_NOTES + at;
    const [part, path, value] = [
        [RUNS + 1, ['notes', `note_${number}`], note(number)],
        [0, ['answers', `answer_${at * 5}`], `Ändrat i omgång ${round}`],
        [1 + (at % RUNS), [`run_${at % RUNS}`, `item_${(at * 2) % ITEMS}`], item(at, 'not_ok')],
    ][round % 3];
    return [part % PARTS, path, value];
}

/** The changes of an edit set, all in the first document of a record. */
export const edits = (tag) =>
    Array.from({ length: 10 }, (_, at) => [['answers', `answer_${at + 20}`], `${tag} ${at}`]);

/** Whether the first document of a record is whole, and whether it shows the last change of an edit set. */
export const isWhole = (answers) => answers?.answer_59 !== undefined;
export const shows = (answers, tag) => answers?.answer_29 === `${tag} 9`;

/** A single change that others look for. */
export const touch = (tag) => [['answers', 'answer_20'], tag];
export const touched = (answers, tag) => answers?.answer_20 === tag;

/** Waits until something is so. */
export async function until(holds) {
    while (!(await holds())) await new Promise((later) => setTimeout(later, 2));
}

/** Carries out what is asked on standard input, one line after the other; answers each with a line. */
export async function obey(commands) {
    const lines = createInterface({ input: process.stdin });
    for await (const line of lines) {
        const [name, ...rest] = line.split(' ');
        if (name === 'end') break;
        try {
            const answer = await commands[name](...rest);
            console.log(`ok ${answer ?? ''}`);
        } catch (fault) {
            console.log(`fault ${fault}`);
        }
    }
    process.exit(0);
}
