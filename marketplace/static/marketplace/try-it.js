"use strict";

// The token stays in this page: it is neither stored nor put into an address.
const form = document.getElementById("token-form");
const refusal = document.getElementById("refusal");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const authorization = `Bearer ${document.getElementById("token").value.trim()}`;
  refusal.textContent = "";
  const answer = await fetch("../openapi.json", { headers: { Authorization: authorization } });
  const body = await answer.json();
  if (!answer.ok) {
    refusal.textContent = body.detail;
    return;
  }
  SwaggerUIBundle({
    spec: body,
    dom_id: "#interface",
    validatorUrl: null,
    requestInterceptor: (request) => {
      request.headers.Authorization = authorization;
      return request;
    },
  });
});
