// Opened from a person's page (with iss and launch in the address), or alone (with iss alone).
const asked = new URLSearchParams(location.search);
const scope = asked.has("launch") ? "launch" : "launch/patient";
FHIR.oauth2.authorize({
  clientId: "browser-app",
  scope: `${scope} openid fhirUser online_access patient/Patient.rs patient/Observation.rs`,
  redirectUri: `${location.origin}/app.html`,
  iss: asked.get("iss"),
  pkceMode: "required",
}).catch((error) => { document.body.textContent = `failed: ${error}`; });
