const show = (id, text) => { document.getElementById(id).textContent = text; };

FHIR.oauth2.ready().then(async (client) => {
  const patient = await client.patient.read();
  const name = patient.name[0];
  show("name", `${name.given.join(" ")} ${name.family}`);
  const user = await client.user.read();
  show("user", `${client.user.resourceType} ${user.id}`);
  const found = await client.request(`Observation?patient=${client.patient.id}&_count=5`);
  show("readings", `${found.entry.length} readings`);
  const others = await client.request("Patient?_count=50");
  show("other", others.entry.map((one) => one.resource.id).join(" "));
  await client.refresh();
  show("renewed", (await client.patient.read()).id);
}).catch((error) => show("error", `failed: ${error}`));
