import { REASONS } from "../change/reasons.ts";
import { ref, type Schema, SCHEMAS } from "./openapi_schemas.ts";
import { OUTCOMES } from "./page/conditions.ts";
import { MOST_DELIVERIES } from "./parameters.ts";

/*
 * The API as an OpenAPI 3.1 document. Loaded when somebody asks for it.
 */

/** Problems that any request may come to, whatever its path. */
const ANYWHERE = ["BadRequest", "Unauthorized", "Forbidden", "Misdirected", "Failed", "Unavailable"];

const PROBLEMS: Readonly<Record<string, [status: string, description: string]>> = {
  BadRequest: [
    "400",
    "The request cannot be read, has a parameter or a value that does not exist, or a token in its URL.",
  ],
  Unauthorized: ["401", "No token is shown, or a wrong one."],
  Forbidden: ["403", "It comes from a page of another site."],
  NotFound: ["404", "There is no such endpoint, delivery or pod."],
  TooLarge: ["413", "The body is too large."],
  NotJson: ["415", "The body is not JSON, or is compressed."],
  Misdirected: ["421", "The port is asked by a name that is not its own, and no token is asked for."],
  Failed: ["500", "It cannot be answered now."],
  Unavailable: ["503", "The token's file cannot be used, or as many as can be follow what changes."],
};

function problems(...names: string[]): Record<string, Schema> {
  return Object.fromEntries(
    [...ANYWHERE, ...names].map((
      name,
    ) => [PROBLEMS[name]?.[0] ?? "", { $ref: `#/components/responses/${name}` }]),
  );
}

function answering(description: string, schema: Schema, type = "application/json"): Schema {
  return { description, content: { [type]: { schema } } };
}

function inPath(name: string, description: string): Schema {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}

function inQuery(name: string, description: string, schema: Schema): Schema {
  return { name, in: "query", description, schema };
}

const NAME = inPath("name", "The endpoint's name.");
const ID = inPath("id", "The delivery's `webhook-id`.");

function get(operationId: string, summary: string, answer: Schema, ...parameters: Schema[]): Schema {
  return {
    operationId,
    summary,
    ...parameters.length > 0 && { parameters },
    responses: {
      "200": answer,
      ...problems(...parameters.some((one) => one["in"] === "path") ? ["NotFound"] : []),
    },
  };
}

/** @param body what it may hold */
function post(operationId: string, summary: string, body: Schema, ...parameters: Schema[]): Schema {
  return {
    operationId,
    summary,
    ...parameters.length > 0 && { parameters },
    requestBody: { required: false, content: { "application/json": { schema: body } } },
    responses: {
      "200": answering("It is done.", ref("Done")),
      ...problems("TooLarge", "NotJson", ...parameters.length > 0 ? ["NotFound"] : []),
    },
  };
}

const NOTHING: Schema = { type: "object", additionalProperties: false };

const DELIVERY_PARAMETERS = [
  inQuery("state", "Only these.", ref("DeliveryState")),
  inQuery("namespace", "Only of pods in this namespace.", { type: "string" }),
  inQuery("pod", "Only of the pod with this name.", { type: "string" }),
  inQuery("reason", "Only with this reason.", { type: "string", enum: REASONS }),
  inQuery("outcome", "Only whose last attempt came to this class of `k8svent_delivery_attempts_total`.", {
    type: "string",
    enum: [...OUTCOMES.keys()],
  }),
  inQuery("limit", "How many at the most.", {
    type: "integer",
    minimum: 1,
    maximum: MOST_DELIVERIES,
    default: 100,
  }),
];

const PATHS: Readonly<Record<string, Schema>> = {
  "/api/v1/status": {
    get: get("getStatus", "The program as a whole.", answering("As it is now.", ref("Status"))),
  },
  "/api/v1/endpoints": {
    get: get(
      "listEndpoints",
      "How each endpoint does.",
      answering("In the order of the configuration.", { type: "array", items: ref("EndpointStatus") }),
    ),
  },
  "/api/v1/endpoints/{name}": {
    get: get(
      "getEndpoint",
      "How one endpoint does.",
      answering("As it is now.", ref("EndpointStatus")),
      NAME,
    ),
  },
  "/api/v1/endpoints/{name}/deliveries": {
    get: get(
      "listDeliveries",
      "The last deliveries of an endpoint.",
      answering("The newest first.", ref("DeliveryList")),
      NAME,
      ...DELIVERY_PARAMETERS,
    ),
  },
  "/api/v1/endpoints/{name}/deliveries/{id}": {
    get: get(
      "getDelivery",
      "All that is kept of a delivery.",
      answering("As it is now.", ref("DeliveryDetail")),
      NAME,
      ID,
    ),
  },
  "/api/v1/pods/{namespace}/{name}": {
    get: get(
      "explainPod",
      "What becomes of a pod at each endpoint, and why.",
      answering("As it is now.", ref("PodExplanation")),
      inPath("namespace", "The pod's namespace."),
      inPath("name", "The pod's name."),
    ),
  },
  "/api/v1/events": {
    get: get(
      "followChanges",
      "Says that something has changed, once a second at the most.",
      answering(
        "Server-sent events without an end: `event: change`, and a comment each 15 seconds.",
        { type: "string" },
        "text/event-stream",
      ),
    ),
  },
  "/api/v1/openapi.json": {
    get: get("getOpenApi", "This document.", answering("OpenAPI 3.1.", { type: "object" })),
  },
  "/api/v1/endpoints/{name}/pause": {
    post: post("pauseEndpoint", "Stops sending to an endpoint; what is pending stays.", NOTHING, NAME),
  },
  "/api/v1/endpoints/{name}/resume": {
    post: post("resumeEndpoint", "Goes on sending to an endpoint.", NOTHING, NAME),
  },
  "/api/v1/endpoints/{name}/redeliver": {
    post: post(
      "redeliverAll",
      "Tries all dead letters of an endpoint again, with the ids that they had.",
      NOTHING,
      NAME,
    ),
  },
  "/api/v1/endpoints/{name}/discard": {
    post: post("discardAll", "Gives all dead letters of an endpoint up for good.", NOTHING, NAME),
  },
  "/api/v1/endpoints/{name}/resync": {
    post: post(
      "resyncEndpoint",
      "Sends pods once more as they are now, to one endpoint.",
      ref("Resync"),
      NAME,
    ),
  },
  "/api/v1/endpoints/{name}/deliveries/{id}/redeliver": {
    post: post("redeliver", "Tries a dead letter again, with the id that it had.", NOTHING, NAME, ID),
  },
  "/api/v1/endpoints/{name}/deliveries/{id}/discard": {
    post: post("discard", "Gives a dead letter up for good.", NOTHING, NAME, ID),
  },
  "/api/v1/resync": {
    post: post("resync", "Sends pods once more as they are now, to each endpoint.", ref("Resync")),
  },
  "/api/v1/retry": {
    post: post("retry", "Tries at once whatever waits, as SIGUSR1 does.", NOTHING),
  },
};

/** The document. */
export const OPENAPI: Schema = {
  openapi: "3.1.1",
  info: {
    title: "k8svent",
    version: "1",
    summary: "What the running program does, and what can be done to it.",
    description:
      "Instants are RFC 3339 strings in UTC, durations are seconds, sizes are bytes. What is not known is left " +
      "out. No answer holds a URL's path, a token or a secret.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  // Relative: to where the document was loaded from.
  servers: [{ url: "/" }],
  // The empty one: a port on loopback without a token file.
  security: [{ token: [] }, { session: [] }, {}],
  paths: PATHS,
  components: {
    schemas: SCHEMAS,
    responses: Object.fromEntries(
      Object.entries(PROBLEMS).map(([name, [, description]]) => [
        name,
        answering(description, ref("Problem"), "application/problem+json"),
      ]),
    ),
    securitySchemes: {
      token: { type: "http", scheme: "bearer", description: "The token of `--admin-token-file`." },
      session: {
        type: "apiKey",
        in: "cookie",
        name: "k8svent-session",
        description: "What a browser gets for the token at `/login`; the port that it asks follows the name.",
      },
    },
  },
};
