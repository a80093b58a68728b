// Try it: send what a form of this page says, show what came back. Nothing is stored.
'use strict';

const key = document.getElementById('access-key');

function made(tag, text, name) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

function requestOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = new Headers();
  for (const field of form.querySelectorAll('[data-in]')) {
    const value = field.value.trim();
    if (!value) continue;
    if (field.dataset.in === 'path') path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    if (field.dataset.in === 'query') query.append(field.name, value);
    if (field.dataset.in === 'header') headers.set(field.name, value);
  }
  if (key.value.trim()) headers.set('X-API-Key', key.value.trim());
  return { url: query.size ? `${path}?${query}` : path, options: { method: form.dataset.method, headers } };
}

function addBody(form, options) {
  const body = form.querySelector('[data-body]');
  if (!body) return;
  const file = form.querySelector('[data-file]');
  options.body = file && file.files.length ? file.files[0] : body.value;
  options.headers.set('Content-Type', form.querySelector('select[data-media]').value);
}

function isText(type) {
  return /^text\/|json|xml/.test(type);
}

function pretty(text, type) {
  try {
    return /[/+]json$/.test(type) ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch {
    return text;
  }
}

async function bodyOf(answer) {
  const type = (answer.headers.get('Content-Type') || '').split(';')[0];
  if (isText(type)) {
    const block = made('pre', '');
    block.tabIndex = 0;
    block.append(made('code', pretty(await answer.text(), type)));
    return block;
  }
  const blob = await answer.blob();
  const link = made('a', `${blob.size} bytes of ${type || 'an unnamed type'}`);
  link.href = URL.createObjectURL(blob);
  link.download = 'answer';
  return link;
}

function headersOf(answer) {
  const names = ['content-type', 'x-model-version', 'x-request-id', 'x-invalid-rows', 'x-ignored-fields', 'location', 'retry-after', 'ratelimit'];
  const shown = names.filter((name) => answer.headers.has(name));
  return made('p', shown.map((name) => `${name}: ${answer.headers.get(name)}`).join(' · '), 'quiet');
}

async function send(form) {
  const place = form.querySelector('[data-answer]');
  const button = form.querySelector('button[type="submit"]');
  button.setAttribute('aria-busy', 'true');
  const { url, options } = requestOf(form);
  addBody(form, options);
  const started = performance.now();
  try {
    const answer = await fetch(url, { ...options, credentials: 'same-origin', redirect: 'manual', cache: 'no-store' });
    const took = Math.round(performance.now() - started);
    const status = made('p', `${answer.status} ${answer.statusText}, after ${took} ms`, 'status');
    place.replaceChildren(status, headersOf(answer), await bodyOf(answer));
  } catch (error) {
    place.replaceChildren(made('p', `No answer: ${error.message}`, 'field-error'));
  }
  button.removeAttribute('aria-busy');
}

function fill(form) {
  const chosen = form.querySelector('[data-examples]');
  if (!chosen) return;
  const option = chosen.selectedOptions[0];
  form.querySelector('[data-body]').value = document.getElementById(option.value).textContent;
  form.querySelector('select[data-media]').value = option.dataset.media;
  const headers = JSON.parse(option.dataset.headers);
  for (const field of form.querySelectorAll('input[data-in="header"]')) {
    field.value = headers[field.name] || '';
  }
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === 'DETAILS') target.open = true;
}

for (const element of document.querySelectorAll('[data-needs-script]')) element.hidden = false;
for (const form of document.querySelectorAll('form.try')) {
  fill(form);
  form.addEventListener('change', (event) => event.target.matches('[data-examples]') && fill(form));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form);
  });
}
window.addEventListener('hashchange', openTarget);
openTarget();
