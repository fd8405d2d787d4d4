// The workload W for other sync servers: the same answers, items and notes in one document of JSON for each record.

import { createInterface } from 'node:readline';

export const TRANSACTIONS = 30;
const RUNS = 5;
const ITEMS = 25;
const NOTES = 30;

const sentence = 'Hembesök. Familjen mår bra och barnen har börjat skolan. ';
const note = (number) => ({
    body: `${number} ${sentence.repeat(6)}`.slice(0, 300),
    source: 'own_observation',
});
const item = (run, status) => ({ status, comment: `Genomgånget vid besök ${run}, inget att anmärka` });

/** A record as it is created: 60 answers, five runs of 25 items, 20 of its 30 notes. */
export function created() {
    const answers = {};
    for (let at = 0; at < 60; at += 1) answers[`answer_${at}`] = 'Ett svar av vanlig längd';
    const runs = {};
    for (let run = 1; run <= RUNS; run += 1) {
        runs[`run_${run}`] = {};
        for (let at = 0; at < ITEMS; at += 1) runs[`run_${run}`][`item_${at}`] = item(run, 'ok');
    }
    const notes = {};
    for (let at = 0; at < NOTES - TRANSACTIONS / 3; at += 1) notes[`note_${at}`] = note(at);
    return { answers, runs, notes };
}

/** The change of a record in a round from 1 on: a path and what stands there from then on. */
export function changed(round) {
    const at = Math.floor((round - 1) / 3);
    switch (round % 3) {
        case 1: return [['answers', `answer_${at * 5}`], `Ändrat i omgång ${round}`];
        case 2: return [['runs', `run_${(at % RUNS) + 1}`, `item_${(at * 2) % ITEMS}`], item(at, 'not_ok')];
        default: return [['notes', `note_${NOTES - TRANSACTIONS / 3 + at}`], note(NOTES - TRANSACTIONS / 3 + at)];
    }
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
