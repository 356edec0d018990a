// Passkeys: asks the device to make or use a key, and posts what came of it. Posts the secret of an invitation, which
// stands behind the # of its address so that it is in no log and no history.
"use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const tell = (when, on = true) => document.querySelectorAll(`[data-when=${when}]`).forEach((note) => { note.hidden = !on; });

const invitation = document.querySelector("form[data-invitation]");
if (invitation) {
  const secret = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  invitation.elements.secret.value = secret;
  tell("incomplete", !secret);
}

const form = document.querySelector("form[data-passkey]");
if (form && !window.PublicKeyCredential) tell("unable");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("failed", false);
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await asked(form.dataset.passkey, JSON.parse(form.dataset.options)));
    form.submit();
  } catch {
    button.disabled = false;
    tell("failed");
    button.focus();
  }
});

async function asked(act, options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) publicKey[list] = options[list].map((key) => ({ ...key, id: bytes(key.id) }));
  }
  const made = await navigator.credentials[act]({ publicKey });
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[part]) response[part] = text(made.response[part]);
  }
  return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
}
