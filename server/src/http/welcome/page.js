// Makes the first account, or takes the password that the person of a link chooses. The secret is the fragment
// of the address: no browser sends it by itself, and it is taken out of the address once it is used up.

const by = (id) => document.getElementById(id);
// Whose link it is is asked again this often while nobody says so.
const AGAIN_MS = 5_000;

const ALL = ['unit', 'name', 'login', 'password', 'repeat'];
let fields = ALL;
const said = ['link', 'wait', 'contact', 'field'];
let again;

by('language').addEventListener('click', () => speak(document.documentElement.lang === 'en' ? 'sv' : 'en'));
by('show').addEventListener('change', () => {
  for (const id of ['password', 'repeat']) by(id).type = by('show').checked ? 'text' : 'password';
});
by('form').addEventListener('submit', (event) => {
  event.preventDefault();
  make();
});
// Another link that is opened in the same tab loads no page.
addEventListener('hashchange', begin);
begin();

// Whose link it is decides what is asked.
async function begin() {
  clearTimeout(again);
  by('form').hidden = true;
  const asked = secret();
  if (asked === '') return say('link');
  const answer = await send('/api/v1/welcome/look', { secret: asked });
  if (asked !== secret()) return;
  if (!answer?.ok) {
    say(spoken(answer));
    by('form').hidden = true;
    if (spoken(answer) !== 'link') again = setTimeout(begin, AGAIN_MS);
    return;
  }
  say(null);
  const { person } = await answer.json();
  for (const one of document.querySelectorAll('.first')) one.hidden = person !== null;
  for (const one of document.querySelectorAll('.person')) one.hidden = person === null;
  fields = person ? ['password', 'repeat'] : ALL;
  if (!person) return;
  const [login, name] = person;
  by('login').value = login;
  document.querySelector('.whose-name').textContent = name;
  document.querySelector('.whose-login').textContent = login;
}

function spoken(answer) {
  const problem = answer?.headers.get('x-ankomst-problem') ?? '';
  return { link: 'link', 'too-many': 'wait' }[problem] ?? 'contact';
}

function secret() {
  return location.hash.slice(1);
}

function speak(language) {
  document.documentElement.lang = language;
  document.title = language === 'en' ? 'Welcome to Ankomst' : 'Välkommen till Ankomst';
}

// Shows one message, or none; without a good link there is nothing to fill in.
function say(what) {
  by('said').hidden = what === null;
  for (const one of said) by(`said-${one}`).hidden = one !== what;
  by('said-open').hidden = what !== 'link';
  by('form').hidden = what === 'link';
}

function mark(wrong) {
  for (const id of fields) {
    by(`${id}-fault`).hidden = !wrong.includes(id);
    if (wrong.includes(id)) by(id).setAttribute('aria-invalid', 'true');
    else by(id).removeAttribute('aria-invalid');
  }
  say(wrong.length > 0 ? 'field' : null);
  if (wrong.length > 0) by(wrong[0]).focus();
}

function wrongAnswers(typed) {
  return fields.filter((id) => {
    if (id === 'password') return [...typed.password].length < 12;
    if (id === 'repeat') return typed.repeat !== typed.password;
    if (id === 'login') return !/^[a-z0-9._-]+$/i.test(typed.login);
    return typed[id] === '';
  });
}

async function make() {
  const typed = Object.fromEntries(fields.map((id) => [id, by(id).value]));
  for (const id of ['unit', 'name', 'login']) if (id in typed) typed[id] = typed[id].trim();
  mark(wrongAnswers(typed));
  if (!by('said').hidden) return;
  by('make').disabled = true;
  const { repeat, ...asked } = typed;
  const answer = await send('/api/v1/welcome', { secret: secret(), ...asked });
  by('make').disabled = false;
  const problem = answer?.headers.get('x-ankomst-problem') ?? '';
  if (answer?.ok) made(by('login').value.trim().toLowerCase());
  else if (problem.startsWith('bad-')) mark([problem.slice(4)]);
  else say(spoken(answer));
}

async function send(path, body) {
  try {
    return await fetch(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      redirect: 'error',
      cache: 'no-store',
    });
  } catch {
    return null;
  }
}

function made(login) {
  by('form').reset();
  history.replaceState(null, '', location.pathname);
  document.querySelector('.made-login').textContent = login;
  by('begin').hidden = true;
  by('done').hidden = false;
  document.querySelector('#done h1').focus();
}
