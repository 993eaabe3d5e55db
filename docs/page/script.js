"use strict";
// Renders /api/openapi.json. Every text goes into the page as text: nothing of the description becomes markup.

const methods = ["get", "post", "put", "patch", "delete"];
let description;

// element("p.note", { id: "x" }, "text", child, …)
function element(name, attributes, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

function resolve(value) {
  const seen = new Set();
  while (value && value.$ref && !seen.has(value.$ref)) {
    seen.add(value.$ref);
    const { $ref, ...beside } = value;
    const target = $ref.replace(/^#\//, "").split("/").reduce((node, key) => node?.[key], description);
    value = { ...target, ...beside };
  }
  return value || {};
}

// Text with `code` inside.
function line(text) {
  return element("span", {}, ...(text || "").split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part)));
}

function prose(text) {
  const paragraphs = (text || "").trim().split(/\n\s*\n/).filter(Boolean);
  return element("div", {}, ...paragraphs.map((paragraph) => element("p", {}, line(paragraph))));
}

function typeName(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) {
    const shown = schema.enum.slice(0, 12).map((value) => JSON.stringify(value)).join(" | ");
    return schema.enum.length > 12 ? `${shown} and ${schema.enum.length - 12} more` : shown;
  }
  if (schema.allOf) return typeName(resolve(schema.allOf[0]));
  const choices = !schema.properties && (schema.anyOf || schema.oneOf);
  if (choices) return choices.map((choice) => typeName(resolve(choice))).join(" | ");
  const type = [].concat(schema.type || (schema.properties ? "object" : "any")).join(" | ");
  if (schema.items) return `array of ${typeName(resolve(schema.items))}`;
  return schema.format ? `${type} (${schema.format})` : type;
}

// What recurs has a name.
function patternName(pattern) {
  const names = Object.entries(description["x-patterns"] || {});
  return names.find(([, known]) => known === pattern)?.[0] || pattern;
}

function limits(schema) {
  const words = [];
  const say = (key, text) => { if (schema[key] !== undefined) words.push(`${text} ${schema[key]}`); };
  say("minimum", "from"); say("maximum", "to"); say("minLength", "at least"); say("maxLength", "at most");
  say("minItems", "items from"); say("maxItems", "items to"); say("default", "default");
  if (schema.pattern !== undefined) words.push(`matches ${patternName(schema.pattern)}`);
  return words.join(", ");
}

function fields(schema, depth) {
  schema = resolve(schema);
  if (schema.items) return fields(schema.items, depth);
  if (schema.allOf) return element("div", {}, ...schema.allOf.map((part) => fields(part, depth)));
  if (!schema.properties || depth > 5) return undefined;
  const required = new Set(schema.required || []);
  return element("ul.fields", {}, ...Object.entries(schema.properties).map(([name, raw]) => {
    const field = resolve(raw);
    return element("li", {},
      element(required.has(name) ? "code.required" : "code", {}, name), " ",
      element("span.muted", {}, [typeName(field), limits(field)].filter(Boolean).join(", ")), " ",
      line(field.description), fields(field, depth + 1));
  }));
}

function example(media) {
  if (media.example === undefined) return undefined;
  const text = typeof media.example === "string" ? media.example : JSON.stringify(media.example, null, 2);
  return element("details", {}, element("summary", {}, "Example"), element("pre", {}, element("code", {}, text)));
}

function body(content) {
  return Object.entries(content || {}).map(([type, media]) => {
    const schema = resolve(media.schema);
    return element("div", {}, element("p.muted", {}, element("code", {}, type), " ", typeName(schema)),
      fields(schema, 0), example(media));
  });
}

function parameters(list) {
  if (!list.length) return [];
  const rows = list.map(resolve).map((parameter) => {
    const schema = resolve(parameter.schema);
    return element("tr", {},
      element("td", {}, element(parameter.required ? "code.required" : "code", {}, parameter.name)),
      element("td", {}, parameter.in),
      element("td", {}, [typeName(schema), limits(schema)].filter(Boolean).join(", ")),
      element("td", {}, line(parameter.description)));
  });
  const head = element("tr", {}, ...["name", "in", "type", ""].map((text) => element("th", {}, text)));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
  return [element("h4", {}, "Parameters"), element("div.wide", {}, table)];
}

// Where the values of an answer lead on to.
function links(list) {
  const targets = Object.values(list || {}).map((link) => element("a", { href: `#${link.operationId}` }, link.operationId));
  if (!targets.length) return undefined;
  return element("p.links", {}, "Leads to ", ...targets.flatMap((target, index) => (index ? [", ", target] : [target])));
}

function responses(answers) {
  return Object.entries(answers || {}).map(([status, raw]) => {
    const answer = resolve(raw);
    const headers = Object.entries(answer.headers || {}).map(([name, header]) =>
      element("li", {}, element("code", {}, name), " ", line(resolve(header).description)));
    return element("details", {}, element("summary", {}, element("code", {}, status), " ", line(answer.description)),
      headers.length ? element("ul.fields", {}, ...headers) : undefined, ...body(answer.content), links(answer.links));
  });
}

function patterns() {
  const list = Object.entries(description["x-patterns"] || {}).map(([name, pattern]) =>
    element("li", {}, name, " ", element("code", {}, pattern)));
  return list.length ? [element("details", {}, element("summary", {}, "Patterns"), element("ul.fields", {}, ...list))] : [];
}

function who(operation) {
  const security = operation.security || description.security || [];
  const names = security.flatMap((choice) => Object.keys(choice));
  return names.length ? `Needs ${names.map((name) => name.replace(/([A-Z])/g, " $1").toLowerCase()).join(" or ")}` : "For anyone";
}

function operation(path, method, item) {
  const value = item[method];
  const request = resolve(value.requestBody);
  return element("section.operation", { id: value.operationId },
    element("h3", {}, element(`span.method.${method}`, {}, method.toUpperCase()), element("code.path", {}, path),
      element("span", {}, value.summary || "")),
    element("p.who", {}, who(value)), prose(value.description),
    ...parameters([...(item.parameters || []), ...(value.parameters || [])]),
    request.content ? element("h4", {}, "Body") : undefined, ...body(request.content),
    element("h4", {}, "Answers"), ...responses(value.responses));
}

function render() {
  const { info, tags = [], paths } = description;
  const main = document.getElementById("document");
  const contents = document.getElementById("contents");
  document.title = `${info.title} API ${info.version}`;
  main.replaceChildren(element("h1", {}, `${info.title} API`),
    element("p", {}, info.summary || "", " ", element("a", { href: "/api/openapi.json" }, "openapi.json")), prose(info.description), ...patterns());
  contents.replaceChildren();
  const all = Object.entries(paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => ({ path, method, item, tag: (item[method].tags || ["other"])[0] })));
  const names = [...new Set([...tags.map((tag) => tag.name), ...all.map((entry) => entry.tag)])];
  for (const name of names) {
    const entries = all.filter((entry) => entry.tag === name);
    if (!entries.length) continue;
    main.append(element("h2", { id: `tag-${name}` }, name));
    contents.append(element("h2", {}, name));
    for (const { path, method, item } of entries) {
      main.append(operation(path, method, item));
      contents.append(element("a", { href: `#${item[method].operationId}` },
        element(`span.method.${method}`, {}, method.toUpperCase()), element("span", {}, item[method].summary || path)));
    }
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch("/api/openapi.json")
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`the server answered ${answer.status}`))))
  .then((value) => { description = value; render(); })
  .catch((error) => { document.getElementById("state").textContent = `The description cannot be shown: ${error.message}`; });
