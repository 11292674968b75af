export const id = 704;
export const ids = [704];
export const modules = {

/***/ 2704:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  k: () => (/* binding */ startSandboxWorld)
});

// EXTERNAL MODULE: ./.build/lib/config/suggest.js
var suggest = __webpack_require__(8583);
// EXTERNAL MODULE: ./.build/lib/release/failure.js
var failure = __webpack_require__(890);
// EXTERNAL MODULE: ./.build/lib/simulation/random.js
var simulation_random = __webpack_require__(4293);
;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/storage.js
/** createStorage makes an empty store of series. */
function createStorage() {
    const byKey = new Map();
    const byName = new Map();
    return {
        series(labels) {
            const key = labelsKey(labels);
            const found = byKey.get(key);
            if (found !== undefined)
                return found;
            const made = { labels, times: [], values: [] };
            byKey.set(key, made);
            const name = labels['__name__'] ?? '';
            const group = byName.get(name) ?? new Set();
            byName.set(name, group.add(made));
            return made;
        },
        append(series, time, value) {
            const last = series.times.at(-1);
            if (last !== undefined && time <= last)
                return;
            series.times.push(time);
            series.values.push(value);
        },
        select(matchers) {
            const name = matchers.find((matcher) => matcher.label === '__name__' && matcher.op === '=');
            const candidates = name === undefined ? byKey.values() : (byName.get(name.value) ?? []);
            return [...candidates].filter((series) => matchers.every((matcher) => matcher.test(series.labels[matcher.label] ?? '')));
        },
        forget(time) {
            for (const [key, series] of byKey) {
                const cut = firstAfter(series.times, time - 1);
                if (cut === 0)
                    continue;
                series.times.splice(0, cut);
                series.values.splice(0, cut);
                if (series.times.length > 0)
                    continue;
                byKey.delete(key);
                byName.get(series.labels['__name__'] ?? '')?.delete(series);
            }
        },
    };
}
const keys = new WeakMap();
/** labelsKey gives one text for equal labels, whatever the order of their names; it is made once for an object. */
function labelsKey(labels) {
    const known = keys.get(labels);
    if (known !== undefined)
        return known;
    let key = '';
    for (const name of Object.keys(labels).sort())
        key += `${name}\u0001${labels[name]}\u0002`;
    keys.set(labels, key);
    return key;
}
/** firstAfter gives the index of the first time that is later than `time`. */
function firstAfter(times, time) {
    let low = 0;
    let high = times.length;
    while (low < high) {
        const middle = (low + high) >>> 1;
        if (times[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/conditions.js


/** metricsConditions are set-ups of Prometheus whose numbers are not one canary's, whole and counted once, in a sentence each. */
const metricsConditions = {
    'ha-pair': 'Two replicas write to one store, and nobody takes out what they say twice.',
    'balanced-pair': 'Each question goes to one of two replicas, which scrape at other moments and carry no label.',
    'two-clusters': 'A second cluster with the same names writes to the same store; v2 fails there.',
    partial: 'Ninety seconds into the release the store with half of the proxies vanishes, without a warning.',
    late: 'Samples are there two minutes after their scrape.',
    recorded: 'The store has only sums over all proxies, as recording rules make them.',
    spike: 'One scrape of one proxy shows 30 million requests too many.',
    unlabelled: "The mesh's Telemetry has removed the label destination_service.",
};
/** conditionTargets gives what is scraped under a condition in the place of what the mesh has. */
function conditionTargets(world, targets) {
    switch (world.condition) {
        case 'ha-pair':
            return () => targets().flatMap((target) => copies(target, 'prometheus_replica', ['a', 'b']));
        case 'balanced-pair':
            return () => targets().flatMap((target) => copies(target, replicaLabel, ['a', 'b']));
        case 'two-clusters':
            return twoClusters(world, targets);
        case 'recorded':
            return () => [recordedSums(targets)];
        case 'spike':
            return spikeOnce(world, targets);
        case 'unlabelled':
            return relabelled(targets, ({ destination_service: _, ...labels }) => labels);
        case 'partial':
        case 'late':
            return targets;
    }
}
/** conditionStorage gives what each question sees of a store: call it for each. */
function conditionStorage(world, storage) {
    switch (world.condition) {
        case 'partial':
            return () => selecting(storage, (series) => (isGone(world, series) ? null : series));
        case 'late':
            return () => selecting(storage, (series) => upTo(series, world.now() - lateBy));
        case 'balanced-pair':
            return balanced(storage);
        case 'ha-pair':
        case 'two-clusters':
        case 'recorded':
        case 'spike':
        case 'unlabelled':
            return () => storage;
    }
}
const lateBy = 120_000;
const vanishesAfter = 90_000;
const spikeAfter = 90_000;
const spike = 30_000_000;
/** A label of the sandbox's own, which no answer shows. */
const replicaLabel = '__replica';
function copies(target, label, values) {
    return values.map((value) => ({ ...target, labels: { ...target.labels, [label]: value } }));
}
/** mappedLabels changes labels, and gives the same object for the same labels, as a page does. */
function mappedLabels(change) {
    const known = new WeakMap();
    return (labels) => {
        const found = known.get(labels) ?? change(labels);
        known.set(labels, found);
        return found;
    };
}
function relabelled(targets, change) {
    const mapped = mappedLabels(change);
    return () => targets().map((target) => ({ ...target, scrape: () => scrapeMapped(target, mapped) }));
}
function scrapeMapped(target, mapped) {
    const page = target.scrape();
    return page?.map(({ labels, value }) => ({ labels: mapped(labels), value })) ?? null;
}
function twoClusters({ canary }, targets) {
    const failing = mappedLabels((labels) => labels.destination_version === canary && labels.response_code === '200'
        ? { ...labels, response_code: '503' }
        : labels);
    return () => targets().flatMap((target) => {
        const { pod = '', instance = '' } = target.labels;
        const away = { pod: `${pod}-east`, instance: instance.replace(/^10\./, '11.'), cluster: 'east' };
        return [
            { ...target, labels: { ...target.labels, cluster: 'west' } },
            { labels: { ...target.labels, ...away }, scrape: () => scrapeMapped(target, failing) },
        ];
    });
}
/** recordedSums is one page with the sums of what all proxies count. */
function recordedSums(targets) {
    const byKey = new Map();
    return {
        labels: { job: 'recorded' },
        scrape() {
            const sums = new Map();
            for (const { labels, value } of targets().flatMap((target) => target.scrape() ?? [])) {
                if (!labels.__name__?.startsWith('istio_request'))
                    continue;
                const key = labelsKey(labels);
                const own = byKey.get(key) ?? labels;
                byKey.set(key, own);
                sums.set(own, (sums.get(own) ?? 0) + value);
            }
            return [...sums].map(([labels, value]) => ({ labels, value }));
        },
    };
}
/** spikeOnce shows, in the first scrape after a while that shows good answers of the canary, far too many of them. */
function spikeOnce({ canary, origin, now }, targets) {
    let done = false;
    const isVictim = ({ labels }) => labels.__name__ === 'istio_requests_total' &&
        labels.destination_version === canary &&
        labels.response_code === '200';
    const scrape = (target) => {
        const page = target.scrape();
        if (done || page === null || now() < origin + spikeAfter)
            return page;
        const victim = page.find(isVictim);
        if (victim === undefined)
            return page;
        done = true;
        return page.map((sample) => (sample === victim ? { ...sample, value: sample.value + spike } : sample));
    };
    return () => targets().map((target) => ({ ...target, scrape: () => scrape(target) }));
}
function selecting(storage, view) {
    return {
        ...storage,
        select: (matchers) => storage.select(matchers).flatMap((series) => {
            const seen = view(series);
            return seen === null ? [] : [seen];
        }),
    };
}
function isGone({ origin, now }, { labels }) {
    return now() >= origin + vanishesAfter && (0,simulation_random/* hashText */.q)(labels.instance ?? '', 3) % 2 === 1;
}
function upTo(series, time) {
    const count = firstAfter(series.times, time);
    return { ...series, times: series.times.slice(0, count), values: series.values.slice(0, count) };
}
/** balanced lets each question see one of two replicas, in turn, without the label that tells them apart. */
function balanced(storage) {
    let turn = 0;
    const plain = mappedLabels(({ [replicaLabel]: _, ...labels }) => labels);
    return () => {
        turn += 1;
        const replica = turn % 2 === 0 ? 'a' : 'b';
        return selecting(storage, (series) => series.labels[replicaLabel] === replica ? { ...series, labels: plain(series.labels) } : null);
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/access.js
/** Tokens of the sandbox's two users: the administrator, and the pipeline that releases. */
const adminToken = 'sandbox-admin-token';
const ciToken = 'sandbox-ci-token';
const anonymous = { user: 'system:anonymous', groups: ['system:unauthenticated'] };
const admin = { user: 'admin', groups: ['system:masters', 'system:authenticated'] };
const openPaths = ['/version', '/healthz', '/livez', '/readyz'];
const discoveryPaths = ['/api', '/apis', '/openapi'];
/** createAccess gives the users their rights; without an authorizer the pipeline may do everything. */
function createAccess(authorizer) {
    const pipeline = authorizer?.subject ?? { user: 'ci', groups: ['system:authenticated'] };
    const users = new Map([
        [adminToken, admin],
        [ciToken, pipeline],
    ]);
    const revoked = new Set();
    const under = (path, roots) => roots.some((root) => path === root || path.startsWith(`${root}/`));
    return {
        identify(authorization) {
            if (authorization === undefined)
                return anonymous;
            const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
            return token === undefined || revoked.has(token) ? null : (users.get(token) ?? null);
        },
        allows(identity, attributes) {
            if (identity === anonymous)
                return false;
            if (identity === admin || authorizer === null)
                return true;
            if (attributes.group === 'authorization.k8s.io' && attributes.resource.startsWith('selfsubject')) {
                return attributes.verb === 'create';
            }
            return authorizer.allows(identity, attributes);
        },
        allowsPath(identity, path) {
            if (under(path, openPaths))
                return true;
            return identity !== anonymous && (identity === admin || under(path, discoveryPaths));
        },
        revoke: (token) => revoked.add(token),
        accept(token) {
            revoked.delete(token);
            if (!users.has(token))
                users.set(token, pipeline);
        },
    };
}

// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __webpack_require__(7067);
;// CONCATENATED MODULE: ./.build/lib/sandbox/http/http.js

/** listen serves HTTP on 127.0.0.1; a handler that throws is answered with 500 and the error's text. */
async function listen(handler) {
    const server = (0,external_node_http_.createServer)({ keepAliveTimeout: 30_000 }, (request, response) => {
        handler(request, response).catch((error) => {
            if (response.headersSent)
                response.destroy();
            else
                sendText(response, 500, error instanceof Error ? error.message : String(error));
        });
    });
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address();
    return {
        url: `http://127.0.0.1:${port}`,
        close: () => new Promise((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
        }),
    };
}
/** bodyOf reads a request's body as text. */
async function bodyOf(request) {
    const chunks = [];
    for await (const chunk of request)
        chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
}
/** sendJson answers with a JSON body. */
function sendJson(response, status, body, headers = {}) {
    send(response, status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}
/** sendText answers with plain text. */
function sendText(response, status, text) {
    send(response, status, text, {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
    });
}
/** send answers with a text as it is. */
function send(response, status, text, headers) {
    if (response.destroyed)
        return;
    response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
    response.end(text);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/kinds.js

function kinds_define(group, versions, kind, traits = {}) {
    const singular = kind.toLowerCase();
    return {
        group,
        versions,
        kind,
        plural: traits.plural ?? `${singular}s`,
        singular,
        shortNames: traits.shortNames ?? [],
        namespaced: traits.namespaced ?? true,
        custom: traits.custom ?? false,
        status: traits.status ?? false,
    };
}
const istio = ['v1', 'v1beta1', 'v1alpha3'];
/** kinds is everything that the embedded API serves; what isn't here is answered with a plain 404. */
const kinds = [
    kinds_define('', ['v1'], 'Namespace', { namespaced: false, shortNames: ['ns'], status: true }),
    kinds_define('', ['v1'], 'Node', { namespaced: false, shortNames: ['no'], status: true }),
    kinds_define('', ['v1'], 'Service', { shortNames: ['svc'], status: true }),
    kinds_define('', ['v1'], 'Pod', { shortNames: ['po'], status: true }),
    kinds_define('', ['v1'], 'ConfigMap', { shortNames: ['cm'] }),
    kinds_define('', ['v1'], 'ServiceAccount', { shortNames: ['sa'] }),
    kinds_define('apps', ['v1'], 'Deployment', { shortNames: ['deploy'], status: true }),
    kinds_define('apps', ['v1'], 'ReplicaSet', { shortNames: ['rs'], status: true }),
    kinds_define('apps', ['v1'], 'StatefulSet', { shortNames: ['sts'], status: true }),
    kinds_define('batch', ['v1'], 'Job', { status: true }),
    kinds_define('batch', ['v1'], 'CronJob', { shortNames: ['cj'], status: true }),
    kinds_define('autoscaling', ['v2', 'v1'], 'HorizontalPodAutoscaler', { shortNames: ['hpa'], status: true }),
    kinds_define('policy', ['v1'], 'PodDisruptionBudget', { shortNames: ['pdb'], status: true }),
    kinds_define('coordination.k8s.io', ['v1'], 'Lease'),
    kinds_define('discovery.k8s.io', ['v1'], 'EndpointSlice'),
    kinds_define('admissionregistration.k8s.io', ['v1'], 'MutatingWebhookConfiguration', { namespaced: false }),
    kinds_define('admissionregistration.k8s.io', ['v1'], 'ValidatingWebhookConfiguration', { namespaced: false }),
    kinds_define('networking.istio.io', istio, 'VirtualService', { custom: true, status: true, shortNames: ['vs'] }),
    kinds_define('networking.istio.io', istio, 'DestinationRule', { custom: true, status: true, shortNames: ['dr'] }),
    kinds_define('networking.istio.io', istio, 'Gateway', { custom: true, status: true, shortNames: ['gw'] }),
    kinds_define('networking.istio.io', istio, 'Sidecar', { custom: true, status: true }),
    kinds_define('networking.istio.io', istio, 'ServiceEntry', {
        custom: true,
        status: true,
        plural: 'serviceentries',
        shortNames: ['se'],
    }),
    kinds_define('networking.istio.io', ['v1alpha3'], 'EnvoyFilter', { custom: true, status: true }),
    kinds_define('security.istio.io', ['v1', 'v1beta1'], 'PeerAuthentication', {
        custom: true,
        status: true,
        shortNames: ['pa'],
    }),
    kinds_define('security.istio.io', ['v1', 'v1beta1'], 'AuthorizationPolicy', {
        custom: true,
        status: true,
        plural: 'authorizationpolicies',
        shortNames: ['ap'],
    }),
    kinds_define('telemetry.istio.io', ['v1', 'v1alpha1'], 'Telemetry', {
        custom: true,
        status: true,
        plural: 'telemetries',
    }),
];
/** kindNamed finds a kind by its name; it throws for a name that isn't served. */
function kindNamed(name) {
    const found = kinds.find((kind) => kind.kind === name);
    if (found === undefined)
        throw new failure/* Failure */.HR('internal', `The sandbox serves no kind ${name}.`);
    return found;
}
/** kindAt finds what a path names; null where group, version and plural aren't served together. */
function kindAt(group, version, plural) {
    return (kinds.find((kind) => kind.group === group && kind.plural === plural && kind.versions.includes(version)) ??
        null);
}
/** apiVersionOf joins group and version as `apiVersion` has it; the preferred version unless given. */
function apiVersionOf(kind, version = kind.versions[0]) {
    return kind.group === '' ? version : `${kind.group}/${version}`;
}
/** qualifiedName names the resource as the API's messages do: `virtualservices.networking.istio.io`, `pods`. */
function qualifiedName(kind) {
    return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/answers.js

/** ApiAnswer is what the API says instead of an object: a Status, or plain text where no handler took the path. */
class ApiAnswer extends Error {
    code;
    body;
    headers;
    constructor(code, body, text, headers = {}) {
        super(text);
        this.name = 'Answer';
        this.code = code;
        this.body = body;
        this.headers = headers;
    }
}
function answers_status(code, reason, message, details) {
    const body = {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message,
        ...(reason === null ? {} : { reason }),
        ...(details === null ? {} : { details }),
        code,
    };
    return new ApiAnswer(code, body, message);
}
function about(kind, name) {
    return { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural };
}
/** pageNotFound is the plain text for a path that no kind or handler owns. */
function pageNotFound() {
    return new ApiAnswer(404, null, '404 page not found\n');
}
/** notFound says that an object isn't there. */
function notFound(kind, name) {
    return answers_status(404, 'NotFound', `${qualifiedName(kind)} "${name}" not found`, about(kind, name));
}
/** alreadyExists says that the name of a new object is taken. */
function alreadyExists(kind, name) {
    return answers_status(409, 'AlreadyExists', `${qualifiedName(kind)} "${name}" already exists`, about(kind, name));
}
/** conflict says that a write was made from something that no longer holds. */
function conflict(kind, name, why) {
    const message = `Operation cannot be fulfilled on ${qualifiedName(kind)} "${name}": ${why}`;
    return answers_status(409, 'Conflict', message, about(kind, name));
}
/** modified is the conflict of a stale resourceVersion. */
function modified(kind, name) {
    return conflict(kind, name, 'the object has been modified; please apply your changes to the latest version and try again');
}
/** badRequest says that a request can't be read. */
function badRequest(message) {
    return answers_status(400, 'BadRequest', message, null);
}
/** denied is a validating webhook's no: it carries no reason. */
function denied(webhook, why) {
    return answers_status(400, null, `admission webhook "${webhook}" denied the request: ${why}`, null);
}
/** methodNotAllowed says that a path doesn't know a method. */
function methodNotAllowed() {
    return answers_status(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}
function unsupportedMedia(accepted) {
    return answers_status(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`, null);
}
/** unprocessable is the bare 422 of a JSON Patch that doesn't apply. */
function unprocessable() {
    return answers_status(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}
function listed(causes) {
    const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
    return texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
}
/** invalid is a 422 about fields; validation names the kind (`VirtualService`), update rules the plural. */
function invalid(kind, name, causes, as = 'kind') {
    const label = as === 'kind' ? kind.kind : kind.plural;
    const qualified = kind.group === '' ? label : `${label}.${kind.group}`;
    return answers_status(422, 'Invalid', `${qualified} "${name}" is invalid: ${listed(causes)}`, {
        name,
        ...(kind.group === '' ? {} : { group: kind.group }),
        kind: label,
        causes,
    });
}
/** invalidPatch is a 422 about a patch as a whole: no kind, no name, the patch itself in the message. */
function invalidPatch(patch, why) {
    const message = `Invalid value: ${JSON.stringify(patch)}: ${why}`;
    return answers_status(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
        causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
    });
}
/** undecodable is a body that the kind's own types can't hold. */
function undecodable(code, kind, version, why) {
    const reason = code === 400 ? 'BadRequest' : 'Invalid';
    const message = `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`;
    return answers_status(code, reason, message, code === 400 ? null : { group: kind.group, kind: kind.kind });
}
/** unauthorized says that the token is unknown. */
function unauthorized() {
    return answers_status(401, 'Unauthorized', 'Unauthorized', null);
}
/** serviceUnavailable says that nothing answers behind a proxy. */
function serviceUnavailable(message) {
    return answers_status(503, 'ServiceUnavailable', message, null);
}
/** webhookDown is what a write meets while a webhook that must be asked can't be. */
function webhookDown(webhook, url) {
    const why = `failed calling webhook ${JSON.stringify(webhook)}: failed to call webhook: Post ${JSON.stringify(url)}: no endpoints available`;
    return answers_status(500, 'InternalError', `Internal error occurred: ${why}`, {
        causes: [{ reason: '', message: why, field: '' }],
    });
}
/** injected is a failure that a test asked for. */
function injected(code) {
    const reasons = {
        401: 'Unauthorized',
        403: 'Forbidden',
        409: 'Conflict',
        429: 'TooManyRequests',
        500: 'InternalError',
        503: 'ServiceUnavailable',
        504: 'Timeout',
    };
    return answers_status(code, reasons[code] ?? 'InternalError', `the sandbox was ordered to answer ${code}`, null);
}
/** applyConflict says whose fields a server-side apply would take. */
function applyConflict(conflicts) {
    const causes = conflicts.map(({ manager, using, field }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with "${manager}"${using}`,
        field,
    }));
    const plural = causes.length === 1 ? '' : 's';
    const byManager = Map.groupBy(causes, (cause) => cause.message);
    const texts = [...byManager].map(([message, items]) => items.length === 1
        ? `${message}: ${items[0]?.field}`
        : `${message.replace('conflict', 'conflicts')}:${items.map((item) => `\n- ${item.field}`).join('')}`);
    const list = texts.join('\n');
    return answers_status(409, 'Conflict', `Apply failed with ${causes.length} conflict${plural}: ${list}`, { causes });
}
/** forbidden says that a user may not do something to a resource, or to a path. */
function forbidden(user, what) {
    const resource = what.subresource === '' ? what.resource : `${what.resource}/${what.subresource}`;
    const qualified = what.group === '' ? what.resource : `${what.resource}.${what.group}`;
    const where = what.namespace === '' ? 'at the cluster scope' : `in the namespace "${what.namespace}"`;
    const subject = what.name === '' ? qualified : `${qualified} "${what.name}"`;
    const message = `${subject} is forbidden: User "${user}" cannot ${what.verb} resource "${resource}" ` +
        `in API group "${what.group}" ${where}`;
    return answers_status(403, 'Forbidden', message, {
        ...(what.name === '' ? {} : { name: what.name }),
        ...(what.group === '' ? {} : { group: what.group }),
        kind: what.resource,
    });
}
/** forbiddenPath says that a user may not read a path that names no resource. */
function forbiddenPath(user, verb, path) {
    return answers_status(403, 'Forbidden', `forbidden: User "${user}" cannot ${verb} path "${path}"`, {});
}

// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __webpack_require__(8815);
;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/values.js
/** same compares JSON values; keys whose value is undefined count as absent, the order of keys doesn't. */
function same(a, b) {
    if (Object.is(a, b))
        return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
        return false;
    if (Array.isArray(a) || Array.isArray(b)) {
        if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length)
            return false;
        return a.every((item, index) => same(item, b[index]));
    }
    const left = a;
    const right = b;
    for (const key of Object.keys(left))
        if (!same(left[key], right[key]))
            return false;
    for (const key of Object.keys(right))
        if (left[key] === undefined && right[key] !== undefined)
            return false;
    return true;
}
/** freeze makes a value unchangeable, all the way down. */
function freeze(value) {
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
        Object.freeze(value);
        for (const child of Object.values(value))
            freeze(child);
    }
    return value;
}
/** stampOf writes a time as Kubernetes does, in whole seconds. `ms` since the epoch. */
function stampOf(ms) {
    return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/discovery.js

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
/** discovery answers /api, /apis and what is under them, up to a group's version; null for other paths. */
function discovery(path) {
    const parts = path.replace(/\/$/, '').split('/').slice(1);
    if (path === '/version')
        return version;
    if (parts[0] === 'api')
        return parts.length === 1 ? coreVersions : parts.length === 2 ? list('', parts[1]) : null;
    if (parts[0] !== 'apis')
        return null;
    if (parts.length === 1)
        return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(group) };
    if (parts.length === 2) {
        const name = parts[1];
        return groups().includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...group(name) } : null;
    }
    return parts.length === 3 ? list(parts[1], parts[2]) : null;
}
const version = {
    major: '1',
    minor: '34',
    gitVersion: 'v1.34.0',
    gitCommit: 'f28b4c9efbca5c5c0af716d9f2d5702667ee8a45',
    gitTreeState: 'clean',
    buildDate: '2025-08-27T10:09:04Z',
    goVersion: 'go1.24.5',
    compiler: 'gc',
    platform: 'linux/amd64',
};
const coreVersions = {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
};
const authorization = 'authorization.k8s.io';
function groups() {
    return [...new Set(kinds.map((kind) => kind.group)), authorization].filter((name) => name !== '');
}
/** versionsOf gives a group's versions, the newest first: the longest list that one of its kinds has. */
function versionsOf(name) {
    if (name === authorization)
        return ['v1'];
    const lists = kinds.filter((kind) => kind.group === name).map((kind) => kind.versions);
    return lists.reduce((longest, versions) => (versions.length > longest.length ? versions : longest));
}
function group(name) {
    const versions = versionsOf(name).map((item) => ({ groupVersion: `${name}/${item}`, version: item }));
    return { name, versions, preferredVersion: versions[0] };
}
function list(groupName, versionName) {
    if (versionName === undefined || versionName === '')
        return null;
    const groupVersion = groupName === '' ? versionName : `${groupName}/${versionName}`;
    if (groupName === authorization && versionName === 'v1')
        return reviews(groupVersion);
    const served = kinds.filter((kind) => kind.group === groupName && kind.versions.includes(versionName));
    if (served.length === 0)
        return null;
    const resources = served.flatMap((kind) => resource(kind, versionName));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
function reviews(groupVersion) {
    const review = {
        name: 'selfsubjectaccessreviews',
        singularName: 'selfsubjectaccessreview',
        namespaced: false,
        kind: 'SelfSubjectAccessReview',
        verbs: ['create'],
    };
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [review] };
}
function resource(kind, versionName) {
    const main = {
        name: kind.plural,
        singularName: kind.singular,
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs,
        ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    };
    const status = {
        name: `${kind.plural}/status`,
        singularName: '',
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: ['get', 'patch', 'update'],
    };
    const proxy = { ...status, name: 'services/proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'get'] };
    return [
        main,
        ...(kind.status ? [status] : []),
        ...(apiVersionOf(kind, versionName) === 'v1' && kind.kind === 'Service' ? [proxy] : []),
    ];
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/selectors.js

/**
 * labelMatcher reads a label selector (`a=b,c!=d,e in (f,g),h notin (i),j,!k`).
 * Throws a 400 in the API's words for anything else.
 */
function labelMatcher(selector) {
    const parser = new Parser(tokens(selector));
    const matchers = parser.selector();
    return (labels) => matchers.every((matcher) => matcher(labels));
}
function tokens(text) {
    const found = [];
    for (const [part] of text.matchAll(/==|!=|[!=<>(),]|[^!=<>(),\s]+/g)) {
        found.push({ type: /^[!=<>(),]/.test(part) ? 'symbol' : 'word', text: part });
    }
    found.push({ type: 'end', text: '' });
    return found;
}
class Parser {
    tokens;
    position = 0;
    constructor(list) {
        this.tokens = list;
    }
    selector() {
        const matchers = [];
        while (true) {
            const token = this.peek();
            if (token.type === 'end')
                return matchers;
            if (token.type !== 'word' && token.text !== '!') {
                throw badRequest(`found '${token.text}', expected: !, identifier, or 'end of string'`);
            }
            matchers.push(this.requirement());
            const next = this.next();
            if (next.type === 'end')
                return matchers;
            if (next.text !== ',')
                throw badRequest(`found '${next.text}', expected: ',' or 'end of string'`);
            if (this.peek().type === 'end')
                throw badRequest("found '', expected: identifier after ','");
        }
    }
    requirement() {
        if (this.peek().text === '!') {
            this.next();
            const key = this.word('identifier');
            return (labels) => labels[key] === undefined;
        }
        const key = this.word('identifier');
        const operator = this.peek();
        if (operator.type === 'end' || operator.text === ',')
            return (labels) => labels[key] !== undefined;
        this.next();
        if (operator.text === '=' || operator.text === '==') {
            const value = this.value();
            return (labels) => labels[key] === value;
        }
        if (operator.text === '!=') {
            const value = this.value();
            return (labels) => labels[key] !== value;
        }
        if (operator.text === 'in' || operator.text === 'notin') {
            const values = this.values();
            const wanted = operator.text === 'in';
            return (labels) => (values.includes(labels[key] ?? '') && labels[key] !== undefined) === wanted;
        }
        throw badRequest(`unable to parse requirement: found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    value() {
        const token = this.peek();
        if (token.type === 'end' || token.text === ',')
            return '';
        return this.word('identifier');
    }
    values() {
        const open = this.next();
        if (open.text !== '(')
            throw badRequest(`unable to parse requirement: found '${open.text}' expected: '('`);
        const values = [];
        while (true) {
            values.push(this.value());
            const token = this.next();
            if (token.text === ')')
                return values;
            if (token.text !== ',') {
                throw badRequest(`unable to parse requirement: found '${token.text}', expected: ',' or ')'`);
            }
        }
    }
    word(expected) {
        const token = this.next();
        if (token.type !== 'word') {
            throw badRequest(`unable to parse requirement: found '${token.text}', expected: ${expected}`);
        }
        return token.text;
    }
    peek() {
        return this.tokens[this.position];
    }
    next() {
        const token = this.peek();
        if (token.type !== 'end')
            this.position++;
        return token;
    }
}
const fields = {
    'metadata.name': (object) => object.metadata.name,
    'metadata.namespace': (object) => object.metadata.namespace ?? '',
};
const podFields = {
    'spec.nodeName': (object) => object.spec?.nodeName ?? '',
    'status.phase': (object) => object.status?.phase ?? '',
    'status.podIP': (object) => object.status?.podIP ?? '',
};
/** fieldMatcher reads a field selector over the fields that the kind supports; throws a 400 otherwise. */
function fieldMatcher(selector, kind) {
    const supported = kind === 'Pod' ? { ...fields, ...podFields } : fields;
    const tests = selector
        .split(',')
        .filter((part) => part !== '')
        .map((part) => {
        const match = /^([^!=]+)(==|!=|=)(.*)$/.exec(part);
        if (match === null)
            throw badRequest(`invalid selector: '${selector}'; can't understand '${part}'`);
        const [, field, operator, value] = match;
        const read = supported[field];
        if (read === undefined)
            throw badRequest(`field label not supported: ${field}`);
        return (object) => (read(object) === value) === (operator !== '!=');
    });
    return (object) => tests.every((test) => test(object));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/reads.js



/** shownAs gives an object under one of its kind's versions. */
function shownAs(object, kind, version) {
    return { ...object, apiVersion: apiVersionOf(kind, version) };
}
/** listObjects answers a list: selectors, `limit` and `continue`. Namespace '' means all. */
function listObjects(store, kind, version, namespace, query) {
    const labels = labelMatcher(query.get('labelSelector') ?? '');
    const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind.kind);
    const selected = (namespace === '' ? store.list(kind.kind) : store.list(kind.kind, namespace)).filter((object) => labels(object.metadata.labels ?? {}) && fields(object));
    const after = continued(query.get('continue') ?? '');
    const rest = after === null ? selected : selected.filter((object) => keyOf(object) > after);
    const limit = limitIn(query.get('limit'));
    const page = limit === 0 ? rest : rest.slice(0, limit);
    const left = rest.length - page.length;
    const last = page.at(-1);
    return {
        kind: `${kind.kind}List`,
        apiVersion: apiVersionOf(kind, version),
        metadata: {
            resourceVersion: String(store.revision()),
            ...(left > 0 && last !== undefined
                ? { continue: Buffer.from(keyOf(last)).toString('base64url'), remainingItemCount: left }
                : {}),
        },
        items: page.map((object) => itemOf(object, kind, version)),
    };
}
function keyOf(object) {
    return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
function continued(token) {
    if (token === '')
        return null;
    const key = Buffer.from(token, 'base64url').toString('utf8');
    if (!key.includes('/'))
        throw badRequest('continue key is not valid: illegal base64 data');
    return key;
}
function limitIn(text) {
    if (text === null || text === '')
        return 0;
    const limit = Number(text);
    if (!Number.isInteger(limit))
        throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Math.max(0, limit);
}
/** Items of built-in lists carry neither apiVersion nor kind; those of custom resources do. */
function itemOf(object, kind, version) {
    if (kind.custom)
        return shownAs(object, kind, version);
    const { apiVersion: _apiVersion, kind: _kind, ...item } = object;
    return item;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/routing.js
/**
 * resourcePath reads `/api/v1/…` and `/apis/<group>/<version>/…`; null for paths that name no resource
 * (discovery, /version, …).
 */
function resourcePath(path) {
    const parts = path.split('/').slice(1).map(decoded);
    let group = '';
    let at;
    if (parts[0] === 'api')
        at = 1;
    else if (parts[0] === 'apis') {
        group = parts[1] ?? '';
        at = 2;
    }
    else
        return null;
    const version = parts[at] ?? '';
    const tail = parts.slice(at + 1);
    if (tail.length === 0 || tail[0] === '')
        return null;
    let namespace = '';
    // `/namespaces/shop` is the Namespace itself, `/namespaces/shop/pods` what lives in it.
    if (tail[0] === 'namespaces' && tail.length > 2 && tail[2] !== 'status' && tail[2] !== '') {
        namespace = tail[1];
        tail.splice(0, 2);
    }
    const [plural = '', name = '', subresource = '', ...rest] = tail;
    return {
        group,
        version,
        namespace: plural === 'namespaces' ? name : namespace,
        plural,
        name,
        subresource,
        rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
    };
}
function decoded(part) {
    try {
        return decodeURIComponent(part);
    }
    catch {
        return part;
    }
}
/** attributesOf says what a request wants, in the words of authorization. */
function attributesOf(method, path, query) {
    return {
        verb: verbOf(method, path.name, query),
        group: path.group,
        resource: path.plural,
        subresource: path.subresource,
        namespace: path.namespace,
        name: path.name,
    };
}
function verbOf(method, name, query) {
    switch (method) {
        case 'POST':
            return 'create';
        case 'PUT':
            return 'update';
        case 'PATCH':
            return 'patch';
        case 'DELETE':
            return name === '' ? 'deletecollection' : 'delete';
        default:
            if (name !== '')
                return 'get';
            return ['1', 'true'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
    }
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/service-proxy.js



/**
 * proxyToService sends a request on to what stands behind a Service: `[scheme:]name[:port]`, the port by number
 * or name. `backend` gives the base URL for a Service; null where nothing answers.
 */
async function proxyToService(store, path, call, backend) {
    const parts = path.name.split(':');
    const name = parts.length === 3 ? parts[1] : parts[0];
    const port = parts.length === 1 ? '' : parts.at(-1);
    if (parts.length > 3 || name === '')
        throw badRequest(`invalid service request ${JSON.stringify(path.name)}`);
    const service = store.get('Service', path.namespace, name);
    if (service === null)
        throw notFound(kindNamed('Service'), name);
    if (!hasPort(service, port)) {
        throw serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
    }
    const base = backend(path.namespace, name);
    if (base === null)
        throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
    return service_proxy_send(new URL(`${base}${path.rest === '' ? '/' : path.rest}${call.query === '' ? '' : `?${call.query}`}`), call);
}
function hasPort(service, port) {
    const ports = (service.spec?.ports ?? []);
    if (port === '')
        return ports.length === 1;
    return ports.some((item) => String(item.port) === port || item.name === port);
}
function service_proxy_send(url, call) {
    return new Promise((resolve, reject) => {
        const unreachable = (error) => reject(serviceUnavailable(`error trying to reach service: ${error.message}`));
        const outgoing = (0,external_node_http_.request)(url, { method: call.method, headers: call.headers, agent: false }, (answer) => {
            const chunks = [];
            answer.on('data', (chunk) => chunks.push(chunk));
            answer.on('error', unreachable);
            answer.on('end', () => {
                const type = answer.headers['content-type'];
                resolve({
                    status: answer.statusCode ?? 502,
                    headers: type === undefined ? {} : { 'content-type': type },
                    body: Buffer.concat(chunks).toString('utf8'),
                });
            });
        });
        outgoing.on('error', unreachable);
        outgoing.end(call.body);
    });
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/pods/readiness.js
/** isReady reads a pod's Ready condition. */
function isReady(pod) {
    const conditions = pod.status
        ?.conditions;
    return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/istio-webhook.js

const webhook = 'validation.istio.io';
const dnsLabel = /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
/**
 * admitRouting says what Istio's validating webhook says about a VirtualService or DestinationRule: it throws
 * its refusal, or gives its warnings.
 */
function admitRouting(object) {
    const spec = (object.spec ?? {});
    const errors = object.kind === 'VirtualService'
        ? virtualServiceErrors(spec)
        : object.kind === 'DestinationRule'
            ? destinationRuleErrors(spec)
            : [];
    if (errors.length === 1)
        throw denied(webhook, `configuration is invalid: ${errors[0]}`);
    if (errors.length > 1) {
        const list = errors.map((error) => `\t* ${error}\n`).join('');
        throw denied(webhook, `configuration is invalid: ${errors.length} errors occurred:\n${list}\n`);
    }
    return object.kind === 'VirtualService' ? unusedRules(listOf(spec.http)) : [];
}
function listOf(value) {
    return Array.isArray(value) ? value : [];
}
function virtualServiceErrors(spec) {
    const http = listOf(spec.http);
    const tcp = listOf(spec.tcp);
    const tls = listOf(spec.tls);
    const hosts = Array.isArray(spec.hosts) ? spec.hosts : [];
    const errors = [];
    if (http.length + tcp.length + tls.length === 0)
        errors.push('http, tcp or tls must be provided in virtual service');
    if (hosts.length === 0) {
        if (listOf(spec.gateways).length > 0)
            errors.push('delegate virtual service must have no gateways specified');
        if (tcp.length + tls.length > 0)
            errors.push('delegate virtual service must have no tls or tcp routes');
    }
    errors.push(...duplicates(hosts).map((host) => `duplicate hosts in virtual service: ${host}`));
    for (const rule of http)
        errors.push(...httpErrors(rule));
    for (const rule of [...tcp, ...tls])
        errors.push(...routeErrors(listOf(rule.route)));
    return errors;
}
function httpErrors(rule) {
    const actions = ['redirect', 'directResponse', 'delegate'].filter((key) => rule[key] !== undefined);
    const routes = listOf(rule.route);
    const errors = [];
    if (routes.length > 0 && actions.length > 0) {
        errors.push(`HTTP route cannot contain both route and ${actions[0]}`);
    }
    if (routes.length === 0 && actions.length === 0) {
        errors.push('HTTP route, redirect or direct_response is required');
    }
    if (rule.mirror !== undefined && listOf(rule.mirrors).length > 0) {
        errors.push('HTTP route cannot contain both mirror and mirrors');
    }
    const retries = rule.retries;
    if (retries !== undefined && Number(retries.attempts ?? 0) === 0) {
        const extra = ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'].find((key) => retries[key] !== undefined);
        if (extra !== undefined)
            errors.push(`http retry policy configured when attempts are set to 0 (disabled)`);
    }
    return [...errors, ...routeErrors(routes)];
}
function routeErrors(routes) {
    const errors = [];
    let total = 0;
    for (const route of routes) {
        const destination = route.destination;
        if (destination === undefined)
            errors.push('destination is required');
        else
            errors.push(...destinationErrors(destination));
        const weight = Number(route.weight ?? 0);
        if (weight < 0)
            errors.push(`weight ${weight} < 0`);
        total += weight;
    }
    if (routes.length > 1 && total === 0)
        errors.push('total destination weight = 0');
    return errors;
}
function destinationErrors(destination) {
    const errors = [];
    if (destination.host === '*')
        errors.push('invalid destination host *');
    if (destination.subset !== undefined && destination.subset !== '') {
        errors.push(...subsetNameErrors(String(destination.subset)));
    }
    const port = destination.port;
    if (port !== undefined) {
        const number = Number(port.number ?? 0);
        if (number < 1 || number > 65_535)
            errors.push(`port number ${number} must be in the range 1..65535`);
    }
    return errors;
}
function subsetNameErrors(name) {
    if (name === '')
        return ['subset name cannot be empty'];
    return dnsLabel.test(name) && name.length <= 63 ? [] : [`subset name is invalid: ${name}`];
}
function destinationRuleErrors(spec) {
    const subsets = listOf(spec.subsets);
    const errors = duplicates(subsets.map((subset) => String(subset.name))).map((name) => `duplicate subset names: ${name}`);
    if (spec.host === '')
        errors.push('destination rule host cannot be empty');
    for (const subset of subsets) {
        errors.push(...subsetNameErrors(String(subset.name ?? '')));
        for (const [key, value] of Object.entries((subset.labels ?? {}))) {
            if (!labelValue.test(String(value)))
                errors.push(`invalid value for label ${key}: ${String(value)}`);
        }
        const policy = subset.trafficPolicy;
        if (policy !== undefined && Object.keys(policy).length === 0) {
            errors.push('traffic policy must have at least one field');
        }
    }
    return errors;
}
function duplicates(items) {
    return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))];
}
function unusedRules(rules) {
    const first = rules.findIndex((rule) => listOf(rule.match).length === 0);
    if (first === -1)
        return [];
    return rules.slice(first + 1).map((rule, offset) => {
        const name = rule.name === undefined ? `#${first + 1 + offset}` : JSON.stringify(rule.name);
        return `virtualService rule ${name} not used (route without matches defined before)`;
    });
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/schema/defaults.js
/** withDefaults fills in what the API server fills in, as far as readers of the objects rely on it. */
function withDefaults(object) {
    if (object.kind === 'Deployment' && object.spec !== undefined) {
        const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } };
        return {
            ...object,
            spec: { replicas: 1, strategy, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, ...object.spec },
        };
    }
    if (object.kind === 'Service') {
        const identity = `${object.metadata.namespace}/${object.metadata.name}`;
        return { ...object, spec: serviceSpec({ ...(object.spec ?? {}) }, identity) };
    }
    if (object.kind === 'Namespace') {
        const labels = { 'kubernetes.io/metadata.name': object.metadata.name, ...object.metadata.labels };
        return { ...object, metadata: { ...object.metadata, labels }, status: { phase: 'Active' } };
    }
    return object;
}
function serviceSpec(spec, identity) {
    const ports = spec.ports;
    const type = spec.type ?? 'ClusterIP';
    return {
        sessionAffinity: 'None',
        ...spec,
        type,
        ...(type === 'ExternalName' || spec.clusterIP !== undefined ? {} : { clusterIP: addressOf(identity) }),
        ...(Array.isArray(ports)
            ? {
                ports: ports.map((port) => ({
                    protocol: 'TCP',
                    targetPort: port.port ?? null,
                    ...port,
                })),
            }
            : {}),
    };
}
/** addressOf makes a cluster IP out of a Service's name, so that it is the same in every run. */
function addressOf(identity) {
    let hash = 7;
    for (const char of identity)
        hash = (hash * 31 + char.charCodeAt(0)) % 65_025;
    return `10.96.${Math.floor(hash / 255)}.${1 + (hash % 255)}`;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/schema/schema.js

/** prune gives the value without the fields that the schema doesn't know, and those fields' paths. */
function prune(value, schema, path = '') {
    const unknown = [];
    return { value: pruned(value, schema, path, unknown), unknown };
}
function pruned(value, schema, path, unknown) {
    if (schema['x-kubernetes-preserve-unknown-fields'] === true)
        return value;
    if (Array.isArray(value)) {
        const { items } = schema;
        if (items === undefined)
            return value;
        return value.map((item, index) => pruned(item, items, `${path}[${index}]`, unknown));
    }
    if (typeof value !== 'object' || value === null)
        return value;
    const { properties, additionalProperties } = schema;
    if (properties === undefined && additionalProperties === undefined && schema.type !== 'object')
        return value;
    const kept = {};
    for (const [key, child] of Object.entries(value)) {
        const below = path === '' ? key : `${path}.${key}`;
        const known = properties?.[key] ?? additionalProperties;
        if (known === undefined)
            unknown.push(below);
        else
            kept[key] = pruned(child, known, below, unknown);
    }
    return kept;
}
/** validateSchema gives what is wrong with a value, in the words of the API server. */
function validateSchema(value, schema, path = '') {
    if (value === null && schema.nullable === true)
        return [];
    const actual = typeOf(value);
    if (schema.type !== undefined && !isA(actual, schema.type)) {
        const expected = `${path} in body must be of type ${schema.type}: "${actual}"`;
        return [
            { reason: 'FieldValueTypeInvalid', message: `Invalid value: "${actual}": ${expected}`, field: path },
        ];
    }
    return [
        ...bounds(value, schema, path),
        ...combinations(value, schema, path),
        ...rules(value, schema, path),
        ...children(value, schema, path),
    ];
}
function typeOf(value) {
    if (value === null || value === undefined)
        return 'null';
    if (Array.isArray(value))
        return 'array';
    if (typeof value === 'number')
        return Number.isInteger(value) ? 'integer' : 'number';
    return typeof value;
}
function isA(actual, wanted) {
    return actual === wanted || (wanted === 'number' && actual === 'integer');
}
function children(value, schema, path) {
    if (Array.isArray(value)) {
        const { items } = schema;
        return items === undefined ? [] : value.flatMap((item, i) => validateSchema(item, items, `${path}[${i}]`));
    }
    if (typeof value !== 'object' || value === null)
        return [];
    const object = value;
    const missing = (schema.required ?? []).filter((key) => object[key] === undefined);
    return [
        ...missing.map((key) => ({
            reason: 'FieldValueRequired',
            message: 'Required value',
            field: path === '' ? key : `${path}.${key}`,
        })),
        ...Object.entries(object).flatMap(([key, child]) => {
            const known = schema.properties?.[key] ?? schema.additionalProperties;
            return known === undefined ? [] : validateSchema(child, known, path === '' ? key : `${path}.${key}`);
        }),
    ];
}
function bounds(value, schema, path) {
    const causes = [];
    const wrong = (text, reason = 'FieldValueInvalid') => {
        causes.push({
            reason,
            message: `Invalid value: ${JSON.stringify(value)}: ${path} in body ${text}`,
            field: path,
        });
    };
    if (typeof value === 'number') {
        if (schema.minimum !== undefined && value < schema.minimum) {
            wrong(`should be greater than or equal to ${schema.minimum}`);
        }
        if (schema.maximum !== undefined && value > schema.maximum) {
            wrong(`should be less than or equal to ${schema.maximum}`);
        }
        if (schema.format === 'int32' && Math.abs(value) > 2_147_483_647)
            wrong('must be of type integer:int32');
    }
    if (schema.enum !== undefined && !schema.enum.includes(value)) {
        const supported = schema.enum.map((item) => JSON.stringify(item)).join(', ');
        causes.push({
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
            field: path,
        });
    }
    if (typeof value === 'string' && schema.maxLength !== undefined && value.length > schema.maxLength) {
        const message = `Too long: may not be more than ${schema.maxLength} bytes`;
        causes.push({ reason: 'FieldValueTooLong', message, field: path });
    }
    const size = sizeOf(value);
    const most = Array.isArray(value) ? schema.maxItems : schema.maxProperties;
    if (size !== null && most !== undefined && size > most) {
        causes.push({
            reason: 'FieldValueTooMany',
            message: `Too many: ${size}: must have at most ${most} items`,
            field: path,
        });
    }
    return causes;
}
function sizeOf(value) {
    return typeof value === 'object' && value !== null ? Object.keys(value).length : null;
}
function combinations(value, schema, path) {
    const fits = (branch) => validateSchema(value, branch, path).length === 0;
    const wrong = (text) => [
        { reason: 'FieldValueInvalid', message: `Invalid value: "": "${path}" ${text}`, field: path },
    ];
    const causes = [];
    if (schema.oneOf !== undefined) {
        const count = schema.oneOf.filter(fits).length;
        const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`;
        if (count !== 1)
            causes.push(...wrong(`must validate one and only one schema (oneOf). ${found}`));
    }
    if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) {
        causes.push(...wrong('must validate at least one schema (anyOf)'));
    }
    if (schema.not !== undefined && fits(schema.not))
        causes.push(...wrong('must not validate the schema (not)'));
    for (const branch of schema.allOf ?? [])
        causes.push(...combinations(value, branch, path));
    return causes;
}
/** CEL rules of Istio's routing schemas, by their text. */
const known = {
    "duration(self) >= duration('1ms')": (value) => (parseNanoseconds(String(value)) ?? 0) >= 1e6,
    'self.all(key, !key.contains("*"))': (value) => Object.keys(value).every((key) => !key.includes('*')),
    'self.all(key, key.size() != 0)': (value) => Object.keys(value).every((key) => key !== ''),
    '!self.contains("*")': (value) => !String(value).includes('*'),
};
function rules(value, schema, path) {
    return (schema['x-kubernetes-validations'] ?? [])
        .filter(({ rule }) => {
        const check = known[rule];
        if (check === undefined)
            throw new failure/* Failure */.HR('internal', `The sandbox can't evaluate the rule ${rule}.`);
        return !check(value);
    })
        .map(({ message }) => ({
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${typeof value === 'string' ? JSON.stringify(value) : `"${typeOf(value)}"`}: ${message}`,
        field: path,
    }));
}
const units = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
/** parseNanoseconds reads a Go duration; null where it is none (days don't exist there). */
function parseNanoseconds(text) {
    if (text === '0')
        return 0;
    const match = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.exec(text);
    if (match === null)
        return null;
    let total = 0;
    for (const [, amount, unit] of match[2].matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
        total += Number(amount) * units[unit];
    }
    return match[1] === '-' ? -total : total;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/schema/istio-schemas.json
const istio_schemas_namespaceObject = /*#__PURE__*/JSON.parse('{"Ph":{"properties":{"exportTo":{"items":{"type":"string"},"type":"array"},"host":{"type":"string"},"subsets":{"items":{"properties":{"labels":{"additionalProperties":{"type":"string"},"type":"object"},"name":{"type":"string"},"trafficPolicy":{"properties":{"connectionPool":{"properties":{"http":{"properties":{"h2UpgradePolicy":{"enum":["DEFAULT","DO_NOT_UPGRADE","UPGRADE"],"type":"string"},"http1MaxPendingRequests":{"format":"int32","type":"integer"},"http2KeepAlive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"timeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"},"http2MaxRequests":{"format":"int32","type":"integer"},"idleTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConcurrentStreams":{"format":"int32","type":"integer"},"maxRequestsPerConnection":{"format":"int32","type":"integer"},"maxRetries":{"format":"int32","type":"integer"},"useClientProtocol":{"type":"boolean"}},"type":"object"},"tcp":{"properties":{"connectTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"idleTimeout":{"type":"string"},"maxConnectionDuration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConnections":{"format":"int32","type":"integer"},"tcpKeepalive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"probes":{"maximum":4294967295,"minimum":0,"type":"integer"},"time":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"}},"type":"object"}},"type":"object"},"loadBalancer":{"oneOf":[{"not":{"anyOf":[{"required":["simple"]},{"required":["consistentHash"]}]}},{"required":["simple"]},{"required":["consistentHash"]}],"properties":{"consistentHash":{"allOf":[{"oneOf":[{"not":{"anyOf":[{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]}},{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]},{"oneOf":[{"not":{"anyOf":[{"required":["ringHash"]},{"required":["maglev"]}]}},{"required":["ringHash"]},{"required":["maglev"]}]}],"properties":{"httpCookie":{"properties":{"attributes":{"items":{"properties":{"name":{"type":"string"},"value":{"type":"string"}},"required":["name"],"type":"object"},"type":"array"},"name":{"type":"string"},"path":{"type":"string"},"ttl":{"type":"string"}},"required":["name"],"type":"object"},"httpHeaderName":{"type":"string"},"httpQueryParameterName":{"type":"string"},"maglev":{"properties":{"tableSize":{"minimum":0,"type":"integer"}},"type":"object"},"minimumRingSize":{"minimum":0,"type":"integer"},"ringHash":{"properties":{"minimumRingSize":{"minimum":0,"type":"integer"}},"type":"object"},"useSourceIp":{"type":"boolean"}},"type":"object"},"localityLbSetting":{"properties":{"distribute":{"items":{"properties":{"from":{"type":"string"},"to":{"additionalProperties":{"maximum":4294967295,"minimum":0,"type":"integer"},"type":"object"}},"type":"object"},"type":"array"},"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"}},"type":"object"},"simple":{"enum":["UNSPECIFIED","LEAST_CONN","RANDOM","PASSTHROUGH","ROUND_ROBIN","LEAST_REQUEST"],"type":"string"},"warmup":{"properties":{"aggression":{"format":"double","minimum":0,"nullable":true,"type":"number"},"duration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"minimumPercent":{"format":"double","maximum":100,"minimum":0,"nullable":true,"type":"number"}},"required":["duration"],"type":"object"},"warmupDurationSecs":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"zoneAwareLbSetting":{"properties":{"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"},"minClusterSize":{"minimum":1,"nullable":true,"type":"integer"}},"type":"object"}},"type":"object"},"outlierDetection":{"properties":{"baseEjectionTime":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"consecutive5xxErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveErrors":{"format":"int32","type":"integer"},"consecutiveGatewayErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveLocalOriginFailures":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxEjectionPercent":{"format":"int32","type":"integer"},"minHealthPercent":{"format":"int32","type":"integer"},"outlierDetectionHttpErrorCodes":{"items":{"maximum":599,"minimum":100,"type":"integer"},"type":"array"},"splitExternalLocalOriginErrors":{"type":"boolean"}},"type":"object"},"portLevelSettings":{"items":{"properties":{"connectionPool":{"properties":{"http":{"properties":{"h2UpgradePolicy":{"enum":["DEFAULT","DO_NOT_UPGRADE","UPGRADE"],"type":"string"},"http1MaxPendingRequests":{"format":"int32","type":"integer"},"http2KeepAlive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"timeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"},"http2MaxRequests":{"format":"int32","type":"integer"},"idleTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConcurrentStreams":{"format":"int32","type":"integer"},"maxRequestsPerConnection":{"format":"int32","type":"integer"},"maxRetries":{"format":"int32","type":"integer"},"useClientProtocol":{"type":"boolean"}},"type":"object"},"tcp":{"properties":{"connectTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"idleTimeout":{"type":"string"},"maxConnectionDuration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConnections":{"format":"int32","type":"integer"},"tcpKeepalive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"probes":{"maximum":4294967295,"minimum":0,"type":"integer"},"time":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"}},"type":"object"}},"type":"object"},"loadBalancer":{"oneOf":[{"not":{"anyOf":[{"required":["simple"]},{"required":["consistentHash"]}]}},{"required":["simple"]},{"required":["consistentHash"]}],"properties":{"consistentHash":{"allOf":[{"oneOf":[{"not":{"anyOf":[{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]}},{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]},{"oneOf":[{"not":{"anyOf":[{"required":["ringHash"]},{"required":["maglev"]}]}},{"required":["ringHash"]},{"required":["maglev"]}]}],"properties":{"httpCookie":{"properties":{"attributes":{"items":{"properties":{"name":{"type":"string"},"value":{"type":"string"}},"required":["name"],"type":"object"},"type":"array"},"name":{"type":"string"},"path":{"type":"string"},"ttl":{"type":"string"}},"required":["name"],"type":"object"},"httpHeaderName":{"type":"string"},"httpQueryParameterName":{"type":"string"},"maglev":{"properties":{"tableSize":{"minimum":0,"type":"integer"}},"type":"object"},"minimumRingSize":{"minimum":0,"type":"integer"},"ringHash":{"properties":{"minimumRingSize":{"minimum":0,"type":"integer"}},"type":"object"},"useSourceIp":{"type":"boolean"}},"type":"object"},"localityLbSetting":{"properties":{"distribute":{"items":{"properties":{"from":{"type":"string"},"to":{"additionalProperties":{"maximum":4294967295,"minimum":0,"type":"integer"},"type":"object"}},"type":"object"},"type":"array"},"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"}},"type":"object"},"simple":{"enum":["UNSPECIFIED","LEAST_CONN","RANDOM","PASSTHROUGH","ROUND_ROBIN","LEAST_REQUEST"],"type":"string"},"warmup":{"properties":{"aggression":{"format":"double","minimum":0,"nullable":true,"type":"number"},"duration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"minimumPercent":{"format":"double","maximum":100,"minimum":0,"nullable":true,"type":"number"}},"required":["duration"],"type":"object"},"warmupDurationSecs":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"zoneAwareLbSetting":{"properties":{"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"},"minClusterSize":{"minimum":1,"nullable":true,"type":"integer"}},"type":"object"}},"type":"object"},"outlierDetection":{"properties":{"baseEjectionTime":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"consecutive5xxErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveErrors":{"format":"int32","type":"integer"},"consecutiveGatewayErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveLocalOriginFailures":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxEjectionPercent":{"format":"int32","type":"integer"},"minHealthPercent":{"format":"int32","type":"integer"},"outlierDetectionHttpErrorCodes":{"items":{"maximum":599,"minimum":100,"type":"integer"},"type":"array"},"splitExternalLocalOriginErrors":{"type":"boolean"}},"type":"object"},"port":{"properties":{"number":{"maximum":4294967295,"minimum":0,"type":"integer"}},"type":"object"},"tls":{"properties":{"caCertificates":{"type":"string"},"caCrl":{"type":"string"},"clientCertificate":{"type":"string"},"credentialName":{"type":"string"},"insecureSkipVerify":{"nullable":true,"type":"boolean"},"mode":{"enum":["DISABLE","SIMPLE","MUTUAL","ISTIO_MUTUAL"],"type":"string"},"privateKey":{"type":"string"},"sni":{"type":"string"},"subjectAltNames":{"items":{"type":"string"},"type":"array"}},"type":"object"}},"type":"object"},"maxItems":4096,"type":"array"},"proxyProtocol":{"properties":{"version":{"enum":["V1","V2"],"type":"string"}},"type":"object"},"retryBudget":{"properties":{"budgetInterval":{"type":"string"},"minRetryConcurrency":{"maximum":4294967295,"minimum":0,"type":"integer"},"percent":{"format":"double","maximum":100,"minimum":0,"nullable":true,"type":"number"}},"type":"object"},"tls":{"properties":{"caCertificates":{"type":"string"},"caCrl":{"type":"string"},"clientCertificate":{"type":"string"},"credentialName":{"type":"string"},"insecureSkipVerify":{"nullable":true,"type":"boolean"},"mode":{"enum":["DISABLE","SIMPLE","MUTUAL","ISTIO_MUTUAL"],"type":"string"},"privateKey":{"type":"string"},"sni":{"type":"string"},"subjectAltNames":{"items":{"type":"string"},"type":"array"}},"type":"object"},"tunnel":{"properties":{"protocol":{"type":"string"},"targetHost":{"type":"string"},"targetPort":{"maximum":4294967295,"minimum":0,"type":"integer"}},"required":["targetHost","targetPort"],"type":"object"}},"type":"object"}},"required":["name"],"type":"object"},"type":"array"},"trafficPolicy":{"properties":{"connectionPool":{"properties":{"http":{"properties":{"h2UpgradePolicy":{"enum":["DEFAULT","DO_NOT_UPGRADE","UPGRADE"],"type":"string"},"http1MaxPendingRequests":{"format":"int32","type":"integer"},"http2KeepAlive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"timeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"},"http2MaxRequests":{"format":"int32","type":"integer"},"idleTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConcurrentStreams":{"format":"int32","type":"integer"},"maxRequestsPerConnection":{"format":"int32","type":"integer"},"maxRetries":{"format":"int32","type":"integer"},"useClientProtocol":{"type":"boolean"}},"type":"object"},"tcp":{"properties":{"connectTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"idleTimeout":{"type":"string"},"maxConnectionDuration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConnections":{"format":"int32","type":"integer"},"tcpKeepalive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"probes":{"maximum":4294967295,"minimum":0,"type":"integer"},"time":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"}},"type":"object"}},"type":"object"},"loadBalancer":{"oneOf":[{"not":{"anyOf":[{"required":["simple"]},{"required":["consistentHash"]}]}},{"required":["simple"]},{"required":["consistentHash"]}],"properties":{"consistentHash":{"allOf":[{"oneOf":[{"not":{"anyOf":[{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]}},{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]},{"oneOf":[{"not":{"anyOf":[{"required":["ringHash"]},{"required":["maglev"]}]}},{"required":["ringHash"]},{"required":["maglev"]}]}],"properties":{"httpCookie":{"properties":{"attributes":{"items":{"properties":{"name":{"type":"string"},"value":{"type":"string"}},"required":["name"],"type":"object"},"type":"array"},"name":{"type":"string"},"path":{"type":"string"},"ttl":{"type":"string"}},"required":["name"],"type":"object"},"httpHeaderName":{"type":"string"},"httpQueryParameterName":{"type":"string"},"maglev":{"properties":{"tableSize":{"minimum":0,"type":"integer"}},"type":"object"},"minimumRingSize":{"minimum":0,"type":"integer"},"ringHash":{"properties":{"minimumRingSize":{"minimum":0,"type":"integer"}},"type":"object"},"useSourceIp":{"type":"boolean"}},"type":"object"},"localityLbSetting":{"properties":{"distribute":{"items":{"properties":{"from":{"type":"string"},"to":{"additionalProperties":{"maximum":4294967295,"minimum":0,"type":"integer"},"type":"object"}},"type":"object"},"type":"array"},"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"}},"type":"object"},"simple":{"enum":["UNSPECIFIED","LEAST_CONN","RANDOM","PASSTHROUGH","ROUND_ROBIN","LEAST_REQUEST"],"type":"string"},"warmup":{"properties":{"aggression":{"format":"double","minimum":0,"nullable":true,"type":"number"},"duration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"minimumPercent":{"format":"double","maximum":100,"minimum":0,"nullable":true,"type":"number"}},"required":["duration"],"type":"object"},"warmupDurationSecs":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"zoneAwareLbSetting":{"properties":{"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"},"minClusterSize":{"minimum":1,"nullable":true,"type":"integer"}},"type":"object"}},"type":"object"},"outlierDetection":{"properties":{"baseEjectionTime":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"consecutive5xxErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveErrors":{"format":"int32","type":"integer"},"consecutiveGatewayErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveLocalOriginFailures":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxEjectionPercent":{"format":"int32","type":"integer"},"minHealthPercent":{"format":"int32","type":"integer"},"outlierDetectionHttpErrorCodes":{"items":{"maximum":599,"minimum":100,"type":"integer"},"type":"array"},"splitExternalLocalOriginErrors":{"type":"boolean"}},"type":"object"},"portLevelSettings":{"items":{"properties":{"connectionPool":{"properties":{"http":{"properties":{"h2UpgradePolicy":{"enum":["DEFAULT","DO_NOT_UPGRADE","UPGRADE"],"type":"string"},"http1MaxPendingRequests":{"format":"int32","type":"integer"},"http2KeepAlive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"timeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"},"http2MaxRequests":{"format":"int32","type":"integer"},"idleTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConcurrentStreams":{"format":"int32","type":"integer"},"maxRequestsPerConnection":{"format":"int32","type":"integer"},"maxRetries":{"format":"int32","type":"integer"},"useClientProtocol":{"type":"boolean"}},"type":"object"},"tcp":{"properties":{"connectTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"idleTimeout":{"type":"string"},"maxConnectionDuration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxConnections":{"format":"int32","type":"integer"},"tcpKeepalive":{"properties":{"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"probes":{"maximum":4294967295,"minimum":0,"type":"integer"},"time":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"}},"type":"object"}},"type":"object"},"loadBalancer":{"oneOf":[{"not":{"anyOf":[{"required":["simple"]},{"required":["consistentHash"]}]}},{"required":["simple"]},{"required":["consistentHash"]}],"properties":{"consistentHash":{"allOf":[{"oneOf":[{"not":{"anyOf":[{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]}},{"required":["httpHeaderName"]},{"required":["httpCookie"]},{"required":["useSourceIp"]},{"required":["httpQueryParameterName"]}]},{"oneOf":[{"not":{"anyOf":[{"required":["ringHash"]},{"required":["maglev"]}]}},{"required":["ringHash"]},{"required":["maglev"]}]}],"properties":{"httpCookie":{"properties":{"attributes":{"items":{"properties":{"name":{"type":"string"},"value":{"type":"string"}},"required":["name"],"type":"object"},"type":"array"},"name":{"type":"string"},"path":{"type":"string"},"ttl":{"type":"string"}},"required":["name"],"type":"object"},"httpHeaderName":{"type":"string"},"httpQueryParameterName":{"type":"string"},"maglev":{"properties":{"tableSize":{"minimum":0,"type":"integer"}},"type":"object"},"minimumRingSize":{"minimum":0,"type":"integer"},"ringHash":{"properties":{"minimumRingSize":{"minimum":0,"type":"integer"}},"type":"object"},"useSourceIp":{"type":"boolean"}},"type":"object"},"localityLbSetting":{"properties":{"distribute":{"items":{"properties":{"from":{"type":"string"},"to":{"additionalProperties":{"maximum":4294967295,"minimum":0,"type":"integer"},"type":"object"}},"type":"object"},"type":"array"},"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"}},"type":"object"},"simple":{"enum":["UNSPECIFIED","LEAST_CONN","RANDOM","PASSTHROUGH","ROUND_ROBIN","LEAST_REQUEST"],"type":"string"},"warmup":{"properties":{"aggression":{"format":"double","minimum":0,"nullable":true,"type":"number"},"duration":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"minimumPercent":{"format":"double","maximum":100,"minimum":0,"nullable":true,"type":"number"}},"required":["duration"],"type":"object"},"warmupDurationSecs":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"zoneAwareLbSetting":{"properties":{"enabled":{"nullable":true,"type":"boolean"},"failover":{"items":{"properties":{"from":{"type":"string"},"to":{"type":"string"}},"type":"object"},"type":"array"},"failoverPriority":{"items":{"type":"string"},"type":"array"},"minClusterSize":{"minimum":1,"nullable":true,"type":"integer"}},"type":"object"}},"type":"object"},"outlierDetection":{"properties":{"baseEjectionTime":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"consecutive5xxErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveErrors":{"format":"int32","type":"integer"},"consecutiveGatewayErrors":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"consecutiveLocalOriginFailures":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"interval":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"maxEjectionPercent":{"format":"int32","type":"integer"},"minHealthPercent":{"format":"int32","type":"integer"},"outlierDetectionHttpErrorCodes":{"items":{"maximum":599,"minimum":100,"type":"integer"},"type":"array"},"splitExternalLocalOriginErrors":{"type":"boolean"}},"type":"object"},"port":{"properties":{"number":{"maximum":4294967295,"minimum":0,"type":"integer"}},"type":"object"},"tls":{"properties":{"caCertificates":{"type":"string"},"caCrl":{"type":"string"},"clientCertificate":{"type":"string"},"credentialName":{"type":"string"},"insecureSkipVerify":{"nullable":true,"type":"boolean"},"mode":{"enum":["DISABLE","SIMPLE","MUTUAL","ISTIO_MUTUAL"],"type":"string"},"privateKey":{"type":"string"},"sni":{"type":"string"},"subjectAltNames":{"items":{"type":"string"},"type":"array"}},"type":"object"}},"type":"object"},"maxItems":4096,"type":"array"},"proxyProtocol":{"properties":{"version":{"enum":["V1","V2"],"type":"string"}},"type":"object"},"retryBudget":{"properties":{"budgetInterval":{"type":"string"},"minRetryConcurrency":{"maximum":4294967295,"minimum":0,"type":"integer"},"percent":{"format":"double","maximum":100,"minimum":0,"nullable":true,"type":"number"}},"type":"object"},"tls":{"properties":{"caCertificates":{"type":"string"},"caCrl":{"type":"string"},"clientCertificate":{"type":"string"},"credentialName":{"type":"string"},"insecureSkipVerify":{"nullable":true,"type":"boolean"},"mode":{"enum":["DISABLE","SIMPLE","MUTUAL","ISTIO_MUTUAL"],"type":"string"},"privateKey":{"type":"string"},"sni":{"type":"string"},"subjectAltNames":{"items":{"type":"string"},"type":"array"}},"type":"object"},"tunnel":{"properties":{"protocol":{"type":"string"},"targetHost":{"type":"string"},"targetPort":{"maximum":4294967295,"minimum":0,"type":"integer"}},"required":["targetHost","targetPort"],"type":"object"}},"type":"object"},"workloadSelector":{"properties":{"matchLabels":{"additionalProperties":{"maxLength":63,"type":"string","x-kubernetes-validations":[{"message":"wildcard not allowed in label value match","rule":"!self.contains(\\"*\\")"}]},"maxProperties":4096,"type":"object","x-kubernetes-validations":[{"message":"wildcard not allowed in label key match","rule":"self.all(key, !key.contains(\\"*\\"))"},{"message":"key must not be empty","rule":"self.all(key, key.size() != 0)"}]}},"type":"object"}},"required":["host"],"type":"object"},"zE":{"properties":{"exportTo":{"items":{"type":"string"},"type":"array"},"gateways":{"items":{"type":"string"},"type":"array"},"hosts":{"items":{"type":"string"},"type":"array"},"http":{"items":{"properties":{"corsPolicy":{"properties":{"allowCredentials":{"nullable":true,"type":"boolean"},"allowHeaders":{"items":{"type":"string"},"type":"array"},"allowMethods":{"items":{"type":"string"},"type":"array"},"allowOrigin":{"items":{"type":"string"},"type":"array"},"allowOrigins":{"items":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"type":"array"},"exposeHeaders":{"items":{"type":"string"},"type":"array"},"maxAge":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"unmatchedPreflights":{"enum":["UNSPECIFIED","FORWARD","IGNORE"],"type":"string"}},"type":"object"},"delegate":{"properties":{"name":{"type":"string"},"namespace":{"type":"string"}},"type":"object"},"directResponse":{"properties":{"body":{"oneOf":[{"not":{"anyOf":[{"required":["string"]},{"required":["bytes"]}]}},{"required":["string"]},{"required":["bytes"]}],"properties":{"bytes":{"format":"byte","type":"string"},"string":{"type":"string"}},"type":"object"},"status":{"maximum":4294967295,"minimum":0,"type":"integer"}},"required":["status"],"type":"object"},"fault":{"properties":{"abort":{"oneOf":[{"not":{"anyOf":[{"required":["httpStatus"]},{"required":["grpcStatus"]},{"required":["http2Error"]}]}},{"required":["httpStatus"]},{"required":["grpcStatus"]},{"required":["http2Error"]}],"properties":{"grpcStatus":{"type":"string"},"http2Error":{"type":"string"},"httpStatus":{"format":"int32","type":"integer"},"percentage":{"properties":{"value":{"format":"double","type":"number"}},"type":"object"}},"type":"object"},"delay":{"oneOf":[{"not":{"anyOf":[{"required":["fixedDelay"]},{"required":["exponentialDelay"]}]}},{"required":["fixedDelay"]},{"required":["exponentialDelay"]}],"properties":{"exponentialDelay":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"fixedDelay":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"percent":{"format":"int32","type":"integer"},"percentage":{"properties":{"value":{"format":"double","type":"number"}},"type":"object"}},"type":"object"}},"type":"object"},"headers":{"properties":{"request":{"properties":{"add":{"additionalProperties":{"type":"string"},"type":"object"},"remove":{"items":{"type":"string"},"type":"array"},"set":{"additionalProperties":{"type":"string"},"type":"object"}},"type":"object"},"response":{"properties":{"add":{"additionalProperties":{"type":"string"},"type":"object"},"remove":{"items":{"type":"string"},"type":"array"},"set":{"additionalProperties":{"type":"string"},"type":"object"}},"type":"object"}},"type":"object"},"match":{"items":{"properties":{"authority":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"gateways":{"items":{"type":"string"},"type":"array"},"headers":{"additionalProperties":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"type":"object"},"ignoreUriCase":{"type":"boolean"},"method":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"name":{"type":"string"},"port":{"maximum":4294967295,"minimum":0,"type":"integer"},"queryParams":{"additionalProperties":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"type":"object"},"scheme":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"sourceLabels":{"additionalProperties":{"type":"string"},"type":"object"},"sourceNamespace":{"type":"string"},"statPrefix":{"type":"string"},"uri":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"withoutHeaders":{"additionalProperties":{"oneOf":[{"not":{"anyOf":[{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}]}},{"required":["exact"]},{"required":["prefix"]},{"required":["regex"]}],"properties":{"exact":{"type":"string"},"prefix":{"type":"string"},"regex":{"type":"string"}},"type":"object"},"type":"object"}},"type":"object"},"type":"array"},"mirror":{"properties":{"host":{"type":"string"},"port":{"properties":{"number":{"maximum":4294967295,"minimum":0,"type":"integer"}},"type":"object"},"subset":{"type":"string"}},"required":["host"],"type":"object"},"mirror_percent":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"mirrorPercent":{"maximum":4294967295,"minimum":0,"nullable":true,"type":"integer"},"mirrorPercentage":{"properties":{"value":{"format":"double","type":"number"}},"type":"object"},"mirrors":{"items":{"properties":{"destination":{"properties":{"host":{"type":"string"},"port":{"properties":{"number":{"maximum":4294967295,"minimum":0,"type":"integer"}},"type":"object"},"subset":{"type":"string"}},"required":["host"],"type":"object"},"percentage":{"properties":{"value":{"format":"double","type":"number"}},"type":"object"}},"required":["destination"],"type":"object"},"type":"array"},"name":{"type":"string"},"redirect":{"oneOf":[{"not":{"anyOf":[{"required":["port"]},{"required":["derivePort"]}]}},{"required":["port"]},{"required":["derivePort"]}],"properties":{"authority":{"type":"string"},"derivePort":{"enum":["FROM_PROTOCOL_DEFAULT","FROM_REQUEST_PORT"],"type":"string"},"port":{"maximum":4294967295,"minimum":0,"type":"integer"},"prefixRewrite":{"type":"string"},"redirectCode":{"maximum":4294967295,"minimum":0,"type":"integer"},"scheme":{"type":"string"},"uri":{"type":"string"}},"type":"object"},"retries":{"properties":{"attempts":{"format":"int32","type":"integer"},"backoff":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"perTryTimeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]},"retryIgnorePreviousHosts":{"nullable":true,"type":"boolean"},"retryOn":{"type":"string"},"retryRemoteLocalities":{"nullable":true,"type":"boolean"}},"type":"object"},"rewrite":{"properties":{"authority":{"type":"string"},"uri":{"type":"string"},"uriRegexRewrite":{"properties":{"match":{"type":"string"},"rewrite":{"type":"string"}},"type":"object"}},"type":"object"},"route":{"items":{"properties":{"destination":{"properties":{"host":{"type":"string"},"port":{"properties":{"number":{"maximum":4294967295,"minimum":0,"type":"integer"}},"type":"object"},"subset":{"type":"string"}},"required":["host"],"type":"object"},"headers":{"properties":{"request":{"properties":{"add":{"additionalProperties":{"type":"string"},"type":"object"},"remove":{"items":{"type":"string"},"type":"array"},"set":{"additionalProperties":{"type":"string"},"type":"object"}},"type":"object"},"response":{"properties":{"add":{"additionalProperties":{"type":"string"},"type":"object"},"remove":{"items":{"type":"string"},"type":"array"},"set":{"additionalProperties":{"type":"string"},"type":"object"}},"type":"object"}},"type":"object"},"weight":{"format":"int32","type":"integer"}},"required":["destination"],"type":"object"},"type":"array"},"timeout":{"type":"string","x-kubernetes-validations":[{"message":"must be a valid duration greater than 1ms","rule":"duration(self) >= duration(\'1ms\')"}]}},"type":"object"},"type":"array"},"tcp":{"items":{"properties":{"match":{"items":{"properties":{"destinationSubnets":{"items":{"type":"string"},"type":"array"},"gateways":{"items":{"type":"string"},"type":"array"},"port":{"maximum":4294967295,"minimum":0,"type":"integer"},"sourceLabels":{"additionalProperties":{"type":"string"},"type":"object"},"sourceNamespace":{"type":"string"},"sourceSubnet":{"type":"string"}},"type":"object"},"type":"array"},"route":{"items":{"properties":{"destination":{"properties":{"host":{"type":"string"},"port":{"properties":{"number":{"maximum":4294967295,"minimum":0,"type":"integer"}},"type":"object"},"subset":{"type":"string"}},"required":["host"],"type":"object"},"weight":{"format":"int32","type":"integer"}},"required":["destination"],"type":"object"},"type":"array"}},"type":"object"},"type":"array"},"tls":{"items":{"properties":{"match":{"items":{"properties":{"destinationSubnets":{"items":{"type":"string"},"type":"array"},"gateways":{"items":{"type":"string"},"type":"array"},"port":{"maximum":4294967295,"minimum":0,"type":"integer"},"sniHosts":{"items":{"type":"string"},"type":"array"},"sourceLabels":{"additionalProperties":{"type":"string"},"type":"object"},"sourceNamespace":{"type":"string"}},"required":["sniHosts"],"type":"object"},"type":"array"},"route":{"items":{"properties":{"destination":{"properties":{"host":{"type":"string"},"port":{"properties":{"number":{"maximum":4294967295,"minimum":0,"type":"integer"}},"type":"object"},"subset":{"type":"string"}},"required":["host"],"type":"object"},"weight":{"format":"int32","type":"integer"}},"required":["destination"],"type":"object"},"type":"array"}},"required":["match"],"type":"object"},"type":"array"}},"type":"object"}}');
;// CONCATENATED MODULE: ./.build/lib/sandbox/api/schema/schemas.js

const schemas_open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const schemas_text = { type: 'string' };
const integer = { type: 'integer', format: 'int32' };
const labels = { type: 'object', additionalProperties: schemas_text };
function object(spec) {
    return {
        type: 'object',
        properties: { apiVersion: schemas_text, kind: schemas_text, metadata: schemas_open, spec, status: schemas_open },
    };
}
/** partly describes the fields that are checked and lets every other field through. */
function partly(properties, required = []) {
    return { type: 'object', properties, required, 'x-kubernetes-preserve-unknown-fields': true };
}
const containers = {
    type: 'array',
    items: partly({ name: schemas_text, image: schemas_text, ports: { type: 'array', items: schemas_open } }, ['name', 'image']),
};
const template = partly({ metadata: partly({ labels }), spec: partly({ containers }, ['containers']) });
const selector = partly({ matchLabels: labels });
const built = {
    Lease: {
        type: 'object',
        properties: {
            holderIdentity: schemas_text,
            leaseDurationSeconds: integer,
            leaseTransitions: integer,
            acquireTime: schemas_text,
            renewTime: schemas_text,
            preferredHolder: schemas_text,
            strategy: schemas_text,
        },
    },
    Deployment: partly({ replicas: integer, selector, template }, ['selector', 'template']),
    ReplicaSet: partly({ replicas: integer, selector, template }, ['selector']),
    StatefulSet: partly({ replicas: integer, selector, template }, ['selector', 'template']),
    Pod: partly({ containers }, ['containers']),
    Service: partly({
        selector: labels,
        type: { type: 'string', enum: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] },
        ports: {
            type: 'array',
            items: partly({ name: schemas_text, port: { ...integer, minimum: 1, maximum: 65_535 }, protocol: schemas_text }, [
                'port',
            ]),
        },
    }),
};
const specs = {
    ...built,
    VirtualService: istio_schemas_namespaceObject.zE,
    DestinationRule: istio_schemas_namespaceObject.Ph,
};
const whole = new Map(Object.entries(specs).map(([kind, spec]) => [kind, object(spec)]));
/** schemaOf gives a kind's structural schema; null for kinds whose content the sandbox takes as it comes. */
function schemaOf(kind) {
    return whole.get(kind) ?? null;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/schema/validation.js


const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const validation_labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const annotationLimit = 262_144;
const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;
/** metadataCauses checks name, labels and annotations. */
function metadataCauses(object) {
    const causes = [];
    const { name, labels, annotations } = object.metadata;
    if (!subdomain.test(name) || name.length > 253) {
        causes.push({
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
            field: 'metadata.name',
        });
    }
    for (const value of Object.values(labels ?? {})) {
        if (typeof value === 'string' && validation_labelValue.test(value) && value.length <= 63)
            continue;
        causes.push({
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most 63 of them`,
            field: 'metadata.labels',
        });
    }
    const size = Object.entries(annotations ?? {}).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)), 0);
    if (size > annotationLimit) {
        const message = `Too long: may not be more than ${annotationLimit} bytes`;
        causes.push({ reason: 'FieldValueTooLong', message, field: 'metadata.annotations' });
    }
    return causes;
}
/** checkTimes refuses a Lease's times that don't have microseconds; throws a 422. */
function checkTimes(kind, version, object) {
    if (kind.kind !== 'Lease')
        return;
    for (const field of ['acquireTime', 'renewTime']) {
        const value = object.spec?.[field];
        if (value === undefined || value === null)
            continue;
        if (typeof value === 'string' && microTime.test(value))
            continue;
        throw undecodable(422, kind, version, `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${JSON.stringify(value)} as ".000000"`);
    }
}
/** kindCauses checks what single kinds ask for beyond their schema; `before` is null on creation. */
function kindCauses(kind, object, before) {
    switch (kind.kind) {
        case 'Lease':
            return leaseCauses(object);
        case 'Deployment':
            return deploymentCauses(object, before);
        case 'Service':
            return serviceCauses(object);
        default:
            return [];
    }
}
function leaseCauses(object) {
    const causes = [];
    const duration = object.spec?.leaseDurationSeconds;
    if (typeof duration === 'number' && duration <= 0) {
        causes.push({
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${duration}: must be greater than 0`,
            field: 'spec.leaseDurationSeconds',
        });
    }
    const transitions = object.spec?.leaseTransitions;
    if (typeof transitions === 'number' && transitions < 0) {
        causes.push({
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${transitions}: must be greater than or equal to 0`,
            field: 'spec.leaseTransitions',
        });
    }
    return causes;
}
function deploymentCauses(object, before) {
    const spec = object.spec;
    const wanted = Object.entries(spec.selector?.matchLabels ?? {});
    const labels = spec.template?.metadata?.labels ?? {};
    const causes = [];
    if (wanted.length === 0 || wanted.some(([key, value]) => labels[key] !== value)) {
        causes.push({
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
            field: 'spec.template.metadata.labels',
        });
    }
    const old = before?.spec?.selector;
    if (old !== undefined && !same(old, spec.selector)) {
        causes.push({
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(spec.selector)}: field is immutable`,
            field: 'spec.selector',
        });
    }
    return causes;
}
function serviceCauses(object) {
    const ports = object.spec?.ports;
    if (object.spec?.type === 'ExternalName' || (Array.isArray(ports) && ports.length > 0))
        return [];
    return [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.ports' }];
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/admission.js








/** admit checks a proposed object as the API server and Istio's webhook do; throws their answer. */
function admit(store, proposal, proposed) {
    const { kind, namespace, before } = proposal;
    const decoded = decode(proposal, proposed);
    const { object: known, warnings } = withoutUnknown(proposal, decoded);
    if (before === null && kind.namespaced && store.get('Namespace', '', namespace) === null) {
        throw notFound(kindNamed('Namespace'), namespace);
    }
    checkTimes(kind, proposal.version, known);
    const object = kind.status ? withStatusOf(withDefaults(known), before) : withDefaults(known);
    const causes = causesIn(proposal, object);
    if (causes.length > 0)
        throw invalid(kind, object.metadata.name, causes);
    const asked = !proposal.overApi || isWebhookUp(store, kind);
    return { object, warnings: asked ? [...warnings, ...admitRouting(object)] : warnings };
}
const validator = 'istiod-default-validator';
/** isWebhookUp tells whether Istio's webhook can be asked; throws a 500 where it can't, but has to be. */
function isWebhookUp(store, kind) {
    const configuration = store.get('ValidatingWebhookConfiguration', '', validator);
    if (configuration === null || !kind.group.endsWith('istio.io'))
        return true;
    const pods = store.list('Pod', 'istio-system').filter(({ metadata }) => metadata.labels?.app === 'istiod');
    if (pods.some(isReady))
        return true;
    const [hook] = configuration.webhooks;
    if (hook?.failurePolicy !== 'Ignore') {
        throw webhookDown('validation.istio.io', 'https://istiod.istio-system.svc:443/validate?timeout=10s');
    }
    return false;
}
function decode({ kind, version, namespace, before }, proposed) {
    if (typeof proposed !== 'object' || proposed === null || Array.isArray(proposed)) {
        throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind})`);
    }
    const object = proposed;
    const expected = apiVersionOf(kind, version);
    if ((object.apiVersion ?? expected) !== expected || (object.kind ?? kind.kind) !== kind.kind) {
        throw badRequest(`${object.kind} in version "${object.apiVersion}" cannot be handled as a ${kind.kind}: expected ${expected}`);
    }
    const metadata = { ...object.metadata };
    if (kind.namespaced) {
        if ((metadata.namespace ?? namespace) !== namespace) {
            throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
        }
        metadata.namespace = namespace;
    }
    else
        delete metadata.namespace;
    if (before !== null && metadata.name !== before.metadata.name) {
        throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${before.metadata.name})`);
    }
    if (typeof metadata.name !== 'string' || metadata.name === '') {
        const message = 'Required value: name or generateName is required';
        throw invalid(kind, '', [{ reason: 'FieldValueRequired', message, field: 'metadata.name' }]);
    }
    return { ...object, apiVersion: expected, kind: kind.kind, metadata };
}
function withoutUnknown({ kind, version, fieldValidation, patched }, object) {
    const schema = schemaOf(kind.kind);
    if (schema === null)
        return { object, warnings: [] };
    const { value, unknown } = prune(object, schema);
    const texts = unknown.map((path) => `unknown field "${path}"`);
    if (texts.length > 0 && fieldValidation === 'Strict') {
        const why = `strict decoding error: ${texts.join(', ')}`;
        if (patched)
            throw invalidPatch(JSON.stringify(object), why);
        throw badRequest(`${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`);
    }
    return { object: value, warnings: fieldValidation === 'Warn' ? texts : [] };
}
/** The main resource never changes a status that is a subresource. */
function withStatusOf(object, before) {
    const { status, ...rest } = object;
    if (before === null)
        return object.kind === 'Namespace' ? { ...rest, status } : rest;
    return before.status === undefined ? rest : { ...rest, status: before.status };
}
function causesIn({ kind, before }, object) {
    const schema = schemaOf(kind.kind);
    const structural = schema === null ? [] : validateSchema(object, schema);
    const causes = [...metadataCauses(object), ...structural];
    // Rules of a kind read fields whose types have been proven.
    return causes.length > 0 ? causes : kindCauses(kind, object, before);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/ownership.js
const unowned = new Set([
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'managedFields',
]);
/**
 * leavesOf gives an object's fields as owners have them, by path joined with NUL. Lists are single fields: no
 * list of Istio's routing kinds is declared as a map or a set.
 */
function leavesOf(object) {
    const leaves = new Map();
    for (const [key, value] of Object.entries(object)) {
        if (key === 'apiVersion' || key === 'kind')
            continue;
        if (key !== 'metadata')
            collect(value, [key], leaves);
        else {
            for (const [name, item] of Object.entries(object.metadata)) {
                if (!unowned.has(name))
                    collect(item, ['metadata', name], leaves);
            }
        }
    }
    return leaves;
}
function collect(value, path, into) {
    if (value === undefined)
        return;
    const inner = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    if (inner.length === 0)
        into.set(path.join('\0'), value);
    for (const [key, child] of inner)
        collect(child, [...path, key], into);
}
/** treeOf writes leaves in the form of `fieldsV1`. */
function treeOf(leaves) {
    const root = {};
    for (const leaf of leaves) {
        let node = root;
        for (const part of leaf.split('\0')) {
            const key = `f:${part}`;
            node[key] ??= {};
            node = node[key];
        }
    }
    return root;
}
/** leavesIn reads `fieldsV1` back. */
function leavesIn(tree, path = []) {
    const found = new Set();
    for (const [key, below] of Object.entries(tree)) {
        const here = [...path, key.slice(2)];
        if (Object.keys(below).length === 0)
            found.add(here.join('\0'));
        for (const leaf of leavesIn(below, here))
            found.add(leaf);
    }
    return found;
}
/** fieldText names a leaf as the API's messages do: `.spec.http`. */
function fieldText(leaf) {
    return `.${leaf.split('\0').join('.')}`;
}
/**
 * ownersAfter gives the managedFields of an object after a write: `changed` leaves move to the writer, leaves
 * that are gone leave everybody. `owned` is what the writer has from now on (all it applied, or what it changed
 * beside what it had).
 */
function ownersAfter(entries, write) {
    const result = [];
    let own = new Set(write.applied ?? write.changed);
    for (const entry of entries) {
        const leaves = leavesIn(entry.fieldsV1);
        const mine = entry.manager === write.entry.manager &&
            entry.operation === write.entry.operation &&
            entry.subresource === write.entry.subresource;
        if (mine) {
            if (write.applied === null)
                own = new Set([...leaves, ...own].filter((leaf) => write.present.has(leaf)));
            continue;
        }
        const kept = [...leaves].filter((leaf) => write.present.has(leaf) && !write.changed.has(leaf));
        if (kept.length > 0)
            result.push({ ...entry, fieldsV1: treeOf(kept) });
    }
    if (own.size > 0)
        result.push({ ...write.entry, fieldsType: 'FieldsV1', fieldsV1: treeOf(own) });
    return result;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/patch/apply.js



/**
 * applyTo gives the object after a server-side apply by `manager`: all that is applied, without what the same
 * manager applied before and no longer does. Throws a 409 that names other managers' fields, unless forced.
 */
function applyTo(before, applied, manager, force) {
    const current = leavesOf(before);
    const wanted = leavesOf(applied);
    const entries = (before.metadata.managedFields ?? []);
    const isOwn = (entry) => entry.manager === manager && entry.operation === 'Apply';
    const conflicts = [...wanted].flatMap(([leaf, value]) => {
        if (!current.has(leaf) || same(current.get(leaf), value))
            return [];
        return entries
            .filter((entry) => !isOwn(entry) && leavesIn(entry.fieldsV1).has(leaf))
            .map((entry) => ({
            manager: entry.manager,
            using: entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '',
            field: fieldText(leaf),
        }));
    });
    if (conflicts.length > 0 && !force)
        throw applyConflict(conflicts);
    const result = structuredClone(before);
    for (const leaf of dropped(entries, isOwn, wanted))
        erase(result, leaf.split('\0'));
    for (const [leaf, value] of wanted)
        place(result, leaf.split('\0'), structuredClone(value));
    return result;
}
function dropped(entries, isOwn, wanted) {
    const others = new Set(entries.filter((entry) => !isOwn(entry)).flatMap((entry) => [...leavesIn(entry.fieldsV1)]));
    return entries
        .filter(isOwn)
        .flatMap((entry) => [...leavesIn(entry.fieldsV1)])
        .filter((leaf) => !wanted.has(leaf) && !others.has(leaf));
}
function place(target, path, value) {
    let node = target;
    for (const part of path.slice(0, -1)) {
        const next = node[part];
        if (typeof next === 'object' && next !== null && !Array.isArray(next))
            node = next;
        else {
            const made = {};
            node[part] = made;
            node = made;
        }
    }
    node[path.at(-1)] = value;
}
function erase(target, path) {
    let node = target;
    for (const part of path.slice(0, -1))
        node = node?.[part];
    if (typeof node === 'object' && node !== null)
        delete node[path.at(-1)];
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/patch/json-patch.js


/** readJsonPatch checks that a body is a list of RFC 6902 operations; throws a 400 where it isn't. */
function readJsonPatch(body) {
    if (!Array.isArray(body)) {
        const what = body === null ? 'null' : typeof body;
        throw badRequest(`error decoding patch: json: cannot unmarshal ${what} into Go value of type jsonpatch.Patch`);
    }
    return body.map((item) => {
        if (typeof item !== 'object' || item === null || Array.isArray(item)) {
            throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Operation');
        }
        return item;
    });
}
/**
 * applyJsonPatch gives the document after the operations (RFC 6902); the given one stays as it is.
 * Throws the API's bare 422 where one doesn't apply: a failed test, a missing path, an unknown operation.
 */
function applyJsonPatch(document, operations) {
    let current = structuredClone(document);
    for (const operation of operations)
        current = applied(current, operation);
    return current;
}
function applied(document, operation) {
    const path = pointer(operation.path);
    switch (operation.op) {
        case 'add':
            return add(document, path, operand(operation));
        case 'replace':
            read(document, path);
            return replace(document, path, operand(operation));
        case 'remove':
            return remove(document, path);
        case 'test':
            if (!same(readOrNull(document, path), operand(operation)))
                throw unprocessable();
            return document;
        case 'copy':
            return add(document, path, structuredClone(read(document, pointer(operation.from))));
        case 'move': {
            const from = pointer(operation.from);
            const value = read(document, from);
            return add(remove(document, from), path, value);
        }
        default:
            throw unprocessable();
    }
}
function operand(operation) {
    return structuredClone(operation.value ?? null);
}
function pointer(text) {
    if (text === '')
        return [];
    if (typeof text !== 'string' || !text.startsWith('/'))
        throw unprocessable();
    return text
        .slice(1)
        .split('/')
        .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
function child(parent, token) {
    if (Array.isArray(parent)) {
        const index = indexOf(token, parent.length - 1);
        return parent[index];
    }
    if (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, token)) {
        return parent[token];
    }
    throw unprocessable();
}
function indexOf(token, last) {
    if (!/^(0|[1-9]\d*)$/.test(token) || Number(token) > last)
        throw unprocessable();
    return Number(token);
}
function read(document, path) {
    return path.reduce(child, document);
}
/** A test of `null` holds where the last key is absent, as the API server's library has it. */
function readOrNull(document, path) {
    const last = path.at(-1);
    if (last === undefined)
        return document;
    const parent = read(document, path.slice(0, -1));
    if (typeof parent === 'object' && parent !== null && !Array.isArray(parent)) {
        return parent[last] ?? null;
    }
    return child(parent, last);
}
function add(document, path, value) {
    const last = path.at(-1);
    if (last === undefined)
        return value;
    const parent = read(document, path.slice(0, -1));
    if (Array.isArray(parent)) {
        parent.splice(last === '-' ? parent.length : indexOf(last, parent.length), 0, value);
    }
    else if (typeof parent === 'object' && parent !== null) {
        ;
        parent[last] = value;
    }
    else
        throw unprocessable();
    return document;
}
function replace(document, path, value) {
    const last = path.at(-1);
    if (last === undefined)
        return value;
    const parent = read(document, path.slice(0, -1));
    parent[last] = value;
    return document;
}
function remove(document, path) {
    const last = path.at(-1);
    if (last === undefined)
        return null;
    const parent = read(document, path.slice(0, -1));
    child(parent, last);
    if (Array.isArray(parent))
        parent.splice(indexOf(last, parent.length - 1), 1);
    else
        delete parent[last];
    return document;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/patch/merge-patch.js
function isMap(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** mergePatch gives the document after a JSON merge patch (RFC 7386). */
function mergePatch(document, patch) {
    if (!isMap(patch))
        return structuredClone(patch);
    const result = isMap(document) ? { ...document } : {};
    for (const [key, value] of Object.entries(patch)) {
        if (value === null)
            delete result[key];
        else
            result[key] = mergePatch(result[key], value);
    }
    return result;
}
/** The keys by which Kubernetes' own types merge their lists; all other lists are replaced whole. */
const mergeKeys = {
    containers: 'name',
    initContainers: 'name',
    env: 'name',
    volumes: 'name',
    volumeMounts: 'mountPath',
    imagePullSecrets: 'name',
    conditions: 'type',
    ownerReferences: 'uid',
    hostAliases: 'ip',
};
function merge_patch_keyOf(field, parent) {
    if (field === 'ports')
        return parent === 'spec' ? 'port' : 'containerPort';
    return mergeKeys[field] ?? null;
}
/** strategicMerge gives the document after a strategic merge patch, with the merge keys of built-in types. */
function strategicMerge(document, patch, field = '') {
    if (!isMap(patch))
        return structuredClone(patch);
    const { $patch: directive, ...changes } = patch;
    if (directive === 'replace')
        return structuredClone(changes);
    const result = isMap(document) ? { ...document } : {};
    for (const [key, value] of Object.entries(changes)) {
        const mergeKey = merge_patch_keyOf(key, field);
        if (value === null)
            delete result[key];
        else if (Array.isArray(value) && mergeKey !== null)
            result[key] = mergeList(result[key], value, mergeKey);
        else
            result[key] = strategicMerge(result[key], value, key);
    }
    return result;
}
function mergeList(before, patch, mergeKey) {
    const result = Array.isArray(before) ? [...before] : [];
    for (const item of patch) {
        if (!isMap(item))
            continue;
        const index = result.findIndex((other) => isMap(other) && other[mergeKey] === item[mergeKey]);
        if (item.$patch === 'delete') {
            if (index !== -1)
                result.splice(index, 1);
        }
        else if (index === -1)
            result.push(structuredClone(item));
        else
            result[index] = strategicMerge(result[index], item);
    }
    return result;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/writes.js





/** createObject answers a POST. */
function createObject(store, call) {
    const writer = { manager: call.manager, operation: 'Update' };
    return insert(store, call, call.body, writer, 201);
}
function insert(store, call, body, writer, code) {
    const { object, warnings } = admit(store, proposal(call, null, false), body);
    if (store.get(call.kind.kind, call.namespace, object.metadata.name) !== null) {
        throw alreadyExists(call.kind, object.metadata.name);
    }
    const act = call.dryRun ? store.preview : store.create;
    return { code, object: act(call.kind, object, writer), warnings };
}
/** replaceObject answers a PUT. */
function replaceObject(store, call) {
    const before = existing(store, call);
    return put(store, call, before, call.body, { manager: call.manager, operation: 'Update' }, false);
}
/** patchObject answers a PATCH, whatever its content type is. */
function patchObject(store, call) {
    const type = call.contentType.split(';')[0]?.trim() ?? '';
    const accepted = [
        'application/json-patch+json',
        'application/merge-patch+json',
        ...(call.kind.custom ? [] : ['application/strategic-merge-patch+json']),
        'application/apply-patch+yaml',
    ];
    if (!accepted.includes(type))
        throw unsupportedMedia(accepted);
    if (type === 'application/apply-patch+yaml')
        return applyObject(store, call);
    const operations = type === 'application/json-patch+json' ? readJsonPatch(call.body) : null;
    if (operations === null &&
        (typeof call.body !== 'object' || call.body === null || Array.isArray(call.body))) {
        throw badRequest('error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}');
    }
    const before = existing(store, call);
    const shown = { ...before, apiVersion: shownVersion(call) };
    const patched = operations !== null
        ? applyJsonPatch(shown, operations)
        : type === 'application/merge-patch+json'
            ? mergePatch(shown, call.body)
            : strategicMerge(shown, call.body);
    return put(store, call, before, patched, { manager: call.manager, operation: 'Update' }, true);
}
function shownVersion(call) {
    return call.kind.group === '' ? call.version : `${call.kind.group}/${call.version}`;
}
function applyObject(store, call) {
    if (call.manager === '')
        throw badRequest('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value');
    const applied = { metadata: {}, ...call.body };
    applied.metadata = { ...applied.metadata, name: applied.metadata.name ?? call.name };
    const writer = { manager: call.manager, operation: 'Apply', applied };
    const before = store.get(call.kind.kind, call.namespace, call.name);
    if (before === null)
        return insert(store, call, applied, writer, 201);
    const merged = applyTo({ ...before, apiVersion: shownVersion(call) }, applied, call.manager, call.force);
    if (applied.metadata.resourceVersion !== undefined) {
        merged.metadata.resourceVersion = applied.metadata.resourceVersion;
    }
    return put(store, call, before, merged, writer, true);
}
function existing(store, call) {
    const found = store.get(call.kind.kind, call.namespace, call.name);
    if (found === null)
        throw notFound(call.kind, call.name);
    return found;
}
function put(store, call, before, body, writer, patched) {
    const proposed = call.subresource === 'status' ? withNewStatus(before, body) : body;
    checkVersion(call.kind, before, proposed, patched);
    const { object, warnings } = admit(store, proposal(call, before, patched), proposed);
    if (call.subresource === 'status')
        object.status = body.status;
    const act = call.dryRun ? store.previewUpdate : store.update;
    return { code: 200, object: act(call.kind, before, object, writer), warnings };
}
function withNewStatus(before, body) {
    const given = body;
    const { resourceVersion } = given.metadata ?? {};
    return {
        ...structuredClone(before),
        apiVersion: given.apiVersion ?? before.apiVersion,
        metadata: { ...before.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    };
}
/** checkVersion keeps a write off that was made from an older object, or from another one of that name. */
function checkVersion(kind, before, body, patched) {
    const metadata = body?.metadata;
    const name = before.metadata.name;
    const version = metadata?.resourceVersion;
    if (version === undefined || version === '' || version === '0') {
        if (!kind.custom)
            return;
        const message = 'Invalid value: 0: must be specified for an update';
        throw invalid(kind, name, [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }], 'plural');
    }
    if (typeof version !== 'string') {
        if (patched)
            throw invalidPatch(JSON.stringify(body), 'metadata.resourceVersion has to be a string');
        throw badRequest('metadata.resourceVersion has to be a string');
    }
    if (metadata?.uid !== undefined && metadata.uid !== before.metadata.uid) {
        throw conflict(kind, name, `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${before.metadata.uid}`);
    }
    if (version !== before.metadata.resourceVersion)
        throw modified(kind, name);
}
/** deleteObject answers a DELETE; gives the object that is gone. */
function deleteObject(store, call) {
    const before = existing(store, call);
    const wanted = call.body
        ?.preconditions;
    const { uid, resourceVersion } = before.metadata;
    if (wanted?.uid !== undefined && wanted.uid !== uid) {
        throw conflict(call.kind, call.name, `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`);
    }
    if (wanted?.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
        throw conflict(call.kind, call.name, `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`);
    }
    if (!call.dryRun)
        store.remove(call.kind, before);
    return before;
}
function proposal(call, before, patched) {
    const { kind, version, namespace, fieldValidation } = call;
    return { kind, version, namespace, before, fieldValidation, patched, overApi: true };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/replies.js









/** replyTo authorizes a call, finds who answers it and gives the reply; throws an Answer that refuses it. */
async function replyTo(options, call) {
    const target = resourcePath(call.path);
    if (target === null)
        return replyToPath(options, call);
    const attributes = attributesOf(call.method, target, call.query);
    if (!options.access.allows(call.identity, attributes))
        throw forbidden(call.identity.user, attributes);
    if (target.group === 'authorization.k8s.io')
        return review(options, call, target);
    const kind = kindAt(target.group, target.version, target.plural);
    if (kind === null || (kind.namespaced && target.namespace === '' && target.name !== ''))
        throw pageNotFound();
    if (kind.kind === 'Service' && target.subresource === 'proxy')
        return proxy(options, call, target);
    if (target.subresource !== '' && !(target.subresource === 'status' && kind.status))
        throw pageNotFound();
    const place = { ...target, namespace: kind.namespaced ? target.namespace : '' };
    if (call.method === 'GET')
        return replies_read(options, call, kind, place);
    return write(options, call, kind, place);
}
function replyToPath({ access }, call) {
    if (!access.allowsPath(call.identity, call.path)) {
        throw forbiddenPath(call.identity.user, call.method.toLowerCase(), call.path);
    }
    if (['/healthz', '/livez', '/readyz'].includes(call.path))
        return { code: 200, text: 'ok' };
    const found = discovery(call.path);
    if (found === null)
        throw pageNotFound();
    return { code: 200, json: found };
}
function replies_read({ store }, call, kind, target) {
    const { version, namespace, name } = target;
    if (name !== '') {
        const object = store.get(kind.kind, namespace, name);
        if (object === null)
            throw notFound(kind, name);
        return { code: 200, json: shownAs(object, kind, version) };
    }
    const found = listObjects(store, kind, version, namespace, call.query);
    if (['1', 'true'].includes(call.query.get('watch') ?? '')) {
        return { watch: { kind, version, namespace, query: call.query } };
    }
    return { code: 200, json: found };
}
const handlers = {
    POST: createObject,
    PUT: replaceObject,
    PATCH: patchObject,
};
function write({ store }, call, kind, target) {
    const wanted = writeCall(call, kind, target);
    if (call.method === 'DELETE' && target.name !== '') {
        const gone = deleteObject(store, wanted);
        return { code: 200, json: kind.kind === 'Pod' ? gone : deletion(kind, gone) };
    }
    const handler = handlers[call.method];
    if (handler === undefined || (call.method === 'POST') === (target.name !== ''))
        throw methodNotAllowed();
    const { code, object, warnings } = handler(store, wanted);
    const headers = warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
    const json = shownAs(object, kind, target.version);
    return headers.length > 0 ? { code, json, headers: { warning: headers } } : { code, json };
}
function deletion(kind, { metadata }) {
    const details = { name: metadata.name, group: kind.group, kind: kind.plural, uid: metadata.uid };
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
function writeCall(call, kind, target) {
    const dryRun = call.query.getAll('dryRun');
    if (dryRun.some((value) => value !== 'All')) {
        throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`);
    }
    const validation = call.query.get('fieldValidation') ?? 'Warn';
    if (!['Ignore', 'Warn', 'Strict'].includes(validation)) {
        throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`);
    }
    return {
        kind,
        version: target.version,
        namespace: target.namespace,
        name: target.name,
        subresource: target.subresource,
        body: parsed(call),
        contentType: call.contentType,
        dryRun: dryRun.length > 0,
        fieldValidation: validation,
        manager: call.query.get('fieldManager') ?? managerIn(call),
        force: call.query.get('force') === 'true',
    };
}
/** Without a fieldManager the part of the user agent before the slash names the writer, except to apply. */
function managerIn(call) {
    return call.contentType.startsWith('application/apply-patch')
        ? ''
        : (call.userAgent.split('/')[0] ?? 'unknown');
}
function parsed(call) {
    if (call.body === '')
        return null;
    try {
        return call.contentType.includes('yaml') ? (0,dist/* parse */.qg)(call.body) : JSON.parse(call.body);
    }
    catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (call.method === 'PATCH')
            throw badRequest(`error decoding patch: ${why}`);
        throw badRequest(`the object provided is unrecognized (must be of type Status): ${why}`);
    }
}
function review({ access, now }, call, target) {
    if (target.version !== 'v1' || target.plural !== 'selfsubjectaccessreviews')
        throw pageNotFound();
    if (call.method !== 'POST')
        throw methodNotAllowed();
    const spec = parsed(call)?.spec ?? {};
    const wanted = spec.resourceAttributes;
    const allowed = wanted === undefined
        ? access.allowsPath(call.identity, spec.nonResourceAttributes?.path ?? '/')
        : access.allows(call.identity, {
            verb: wanted.verb ?? '*',
            group: wanted.group ?? '',
            resource: wanted.resource ?? '*',
            subresource: wanted.subresource ?? '',
            namespace: wanted.namespace ?? '',
            name: wanted.name ?? '',
        });
    const json = {
        kind: 'SelfSubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1',
        metadata: { creationTimestamp: stampOf(now()) },
        spec,
        status: { allowed },
    };
    return { code: 201, json };
}
async function proxy(options, call, target) {
    const answer = await proxyToService(options.store, target, {
        method: call.method,
        query: call.rawQuery,
        body: call.body,
        headers: call.contentType === '' ? {} : { 'content-type': call.contentType },
    }, options.backend);
    return { code: answer.status, text: answer.body, headers: answer.headers };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/watch.js


const types = { added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' };
/**
 * watchObjects streams changes until the client goes. Without a resourceVersion it begins with what is there;
 * with one it tells what happens from now on.
 */
function watchObjects(store, { kind, version, namespace, query }, response) {
    const labels = labelMatcher(query.get('labelSelector') ?? '');
    const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind.kind);
    const wanted = (object) => object.kind === kind.kind &&
        (namespace === '' || object.metadata.namespace === namespace) &&
        labels(object.metadata.labels ?? {}) &&
        fields(object);
    const tell = (type, object) => {
        response.write(`${JSON.stringify({ type, object: shownAs(object, kind, version) })}\n`);
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if ((query.get('resourceVersion') ?? '') === '') {
        for (const object of store.list(kind.kind))
            if (wanted(object))
                tell('ADDED', object);
    }
    const stop = store.subscribe(({ type, object, before }) => {
        const is = wanted(object);
        const was = before !== null && wanted(before);
        if (is)
            tell(type === 'modified' && !was ? 'ADDED' : types[type], object);
        else if (was)
            tell('DELETED', object);
    });
    response.on('close', stop);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/api/server.js




/** serveApi answers as a Kubernetes API server does. */
function serveApi(options) {
    return listen(async (request, response) => {
        const entry = logged(options, request);
        response.on('finish', () => {
            entry.status = response.statusCode;
        });
        entry.body = await bodyOf(request);
        const fault = options.faults.take(entry);
        if (fault === null)
            return deliver(options, response, await replied(options, request, entry));
        if ('status' in fault) {
            sendJson(response, fault.status, fault.body ?? injected(fault.status).body, { ...fault.headers });
        }
        else if ('delay' in fault) {
            await new Promise((resolve) => setTimeout(resolve, fault.delay));
            deliver(options, response, await replied(options, request, entry));
        }
        else {
            // The effect without its answer: what a client sees of a connection that is lost too late.
            if (fault.done === true)
                await replied(options, request, entry);
            if ('reset' in fault)
                request.socket.resetAndDestroy();
        }
    });
}
function logged(options, request) {
    const [path = '', ...query] = (request.url ?? '/').split('?');
    const identity = options.access.identify(request.headers.authorization);
    const entry = {
        server: 'kubernetes',
        at: options.now(),
        method: request.method ?? 'GET',
        path,
        query: query.join('?'),
        user: identity?.user ?? '',
        userAgent: request.headers['user-agent'] ?? '',
        body: '',
        status: 0,
    };
    options.log.push(entry);
    return entry;
}
async function replied(options, request, entry) {
    try {
        const identity = options.access.identify(request.headers.authorization);
        if (identity === null)
            throw unauthorized();
        return await replyTo(options, {
            method: entry.method,
            path: entry.path,
            query: new URLSearchParams(entry.query),
            rawQuery: entry.query,
            body: entry.body,
            contentType: request.headers['content-type'] ?? '',
            userAgent: entry.userAgent,
            identity,
        });
    }
    catch (error) {
        if (!(error instanceof ApiAnswer))
            throw error;
        return error.body === null
            ? { code: error.code, text: error.message }
            : { code: error.code, json: error.body };
    }
}
function deliver({ store }, response, reply) {
    if ('watch' in reply)
        watchObjects(store, reply.watch, response);
    else if ('json' in reply)
        sendJson(response, reply.code, reply.json, reply.headers);
    else if (reply.headers === undefined)
        sendText(response, reply.code, reply.text);
    else
        send(response, reply.code, reply.text, reply.headers);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/http/faults.js
/** createFaults makes an empty list of orders. */
function createFaults() {
    let orders = [];
    return {
        fail(matches, fault, times = 1) {
            const order = { matches, fault, left: times };
            orders.push(order);
            return () => {
                orders = orders.filter((other) => other !== order);
            };
        },
        take(request) {
            const order = orders.find((candidate) => candidate.left > 0 && candidate.matches(request));
            if (order === undefined)
                return null;
            order.left--;
            return order.fault;
        },
        clear() {
            orders = [];
        },
    };
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/object-metadata.js



/** contentOf is what counts for the generation: everything but metadata and status. */
function contentOf(object) {
    const { metadata: _metadata, status: _status, ...content } = object;
    return content;
}
function metaOf(object) {
    const { resourceVersion: _version, managedFields: _fields, generation: _generation, ...meta } = object.metadata;
    return meta;
}
function managedFields(before, after, kind, writer, time) {
    const old = before === null ? new Map() : leavesOf(before);
    const now = leavesOf(after);
    const changed = new Set();
    for (const [leaf, value] of now)
        if (!old.has(leaf) || !same(old.get(leaf), value))
            changed.add(leaf);
    const status = changed.size > 0 && [...changed].every((leaf) => leaf.startsWith('status\0'));
    return ownersAfter((before?.metadata.managedFields ?? []), {
        entry: {
            manager: writer.manager,
            operation: writer.operation,
            apiVersion: apiVersionOf(kind),
            time,
            ...(status ? { subresource: 'status' } : {}),
        },
        changed,
        present: new Set(now.keys()),
        applied: writer.applied === undefined ? null : new Set(leavesOf(writer.applied).keys()),
    });
}
/** createdObject gives a new object as it is stored, but for its resourceVersion. */
function createdObject(kind, object, writer, given) {
    const { resourceVersion: _version, uid: _uid, generation: _generation, managedFields: _fields, ...meta } = structuredClone(object.metadata);
    return {
        ...structuredClone(object),
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        metadata: {
            ...meta,
            uid: given.uid,
            creationTimestamp: given.time,
            ...(hasGeneration(kind) ? { generation: 1 } : {}),
            managedFields: managedFields(null, object, kind, writer, given.time),
        },
    };
}
/** updatedObject gives what takes the place of `before`, still under its resourceVersion. */
function updatedObject(kind, before, object, writer, time) {
    const old = before.metadata;
    const spec = !same(contentOf(before), contentOf({ ...object, apiVersion: before.apiVersion }));
    return {
        ...structuredClone(object),
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        metadata: {
            ...structuredClone(object.metadata),
            ...(old.uid === undefined ? {} : { uid: old.uid }),
            ...(old.creationTimestamp === undefined ? {} : { creationTimestamp: old.creationTimestamp }),
            ...(hasGeneration(kind) ? { generation: (old.generation ?? 1) + (spec ? 1 : 0) } : {}),
            ...(old.resourceVersion === undefined ? {} : { resourceVersion: old.resourceVersion }),
            managedFields: managedFields(before, object, kind, writer, time),
        },
    };
}
/** isUnchanged tells whether storing `object` in the place of `before` would change nothing. */
function isUnchanged(before, object) {
    return (same(contentOf(before), contentOf({ ...object, apiVersion: before.apiVersion })) &&
        same(metaOf(before), metaOf(object)) &&
        same(before.status, object.status));
}
function hasGeneration(kind) {
    return !['Lease', 'Node', 'Namespace', 'ConfigMap', 'Service', 'ServiceAccount'].includes(kind.kind);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/store.js




/** systemWriter is the name under which the sandbox's own controllers write. */
const systemWriter = { manager: 'kube-controller-manager', operation: 'Update' };
/** createStore makes an empty store; `now` gives virtual time in ms. */
function createStore(now, newUid = external_node_crypto_.randomUUID) {
    const shelves = createShelves();
    const { tell, subscribe } = createAnnouncer();
    let counter = 1000;
    const time = () => stampOf(now());
    const stored = (kind, object) => {
        object.metadata.resourceVersion = String(++counter);
        shelves.put(kind, freeze(object));
        return object;
    };
    return {
        get: shelves.get,
        list: shelves.list,
        subscribe,
        revision: () => counter,
        create(kind, object, writer) {
            const made = stored(kind, createdObject(kind, object, writer, { uid: newUid(), time: time() }));
            tell({ type: 'added', object: made, before: null });
            return made;
        },
        update(kind, before, object, writer) {
            if (isUnchanged(before, object))
                return before;
            const made = stored(kind, updatedObject(kind, before, object, writer, time()));
            tell({ type: 'modified', object: made, before });
            return made;
        },
        remove(kind, object) {
            shelves.remove(kind, object);
            counter++;
            tell({ type: 'deleted', object, before: object });
        },
        preview: (kind, object, writer) => createdObject(kind, object, writer, { uid: newUid(), time: time() }),
        previewUpdate: (kind, before, object, writer) => isUnchanged(before, object) ? before : updatedObject(kind, before, object, writer, time()),
    };
}
function createShelves() {
    const byKind = new Map();
    const sorted = new Map();
    const keyOf = (kind, { metadata }) => `${kind.namespaced ? (metadata.namespace ?? '') : ''}/${metadata.name}`;
    return {
        get: (kind, namespace, name) => byKind.get(kind)?.get(`${namespace}/${name}`) ?? null,
        list(kind, namespace) {
            let all = sorted.get(kind);
            if (all === undefined) {
                const entries = [...(byKind.get(kind) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
                all = entries.map(([, object]) => object);
                sorted.set(kind, all);
            }
            return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
        },
        put(kind, object) {
            const shelf = byKind.get(kind.kind) ?? new Map();
            byKind.set(kind.kind, shelf.set(keyOf(kind, object), object));
            sorted.delete(kind.kind);
        },
        remove(kind, object) {
            byKind.get(kind.kind)?.delete(keyOf(kind, object));
            sorted.delete(kind.kind);
        },
    };
}
/** A listener that writes must not make later listeners see its change before the one that it answers. */
function createAnnouncer() {
    const listeners = new Set();
    const untold = [];
    let telling = false;
    return {
        tell(change) {
            untold.push(change);
            if (telling)
                return;
            telling = true;
            try {
                for (let next = untold.shift(); next !== undefined; next = untold.shift()) {
                    for (const listener of [...listeners])
                        listener(next);
                }
            }
            finally {
                telling = false;
            }
        },
        subscribe(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
    };
}
/** writeSystem creates or updates an object as one of the sandbox's own controllers. */
function writeSystem(store, object) {
    const kind = kindNamed(object.kind);
    const before = store.get(kind.kind, kind.namespaced ? (object.metadata.namespace ?? '') : '', object.metadata.name);
    return before === null
        ? store.create(kind, object, systemWriter)
        : store.update(kind, before, object, systemWriter);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/pods/pod-template.js

const proxyImage = 'docker.io/istio/proxyv2:1.30.3';
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
/** templateHash names a pod template as ReplicaSets do: equal templates give equal hashes. */
function templateHash(template) {
    return letters((0,simulation_random/* hashText */.q)(JSON.stringify(template), 0x5bd1e995) * 4096 + (0,simulation_random/* hashText */.q)(JSON.stringify(template), 7), 9);
}
/** letters writes a number with the letters that generated names use. */
function letters(number, length) {
    let rest = Math.floor(number);
    let text = '';
    while (text.length < length) {
        text += alphabet[rest % alphabet.length];
        rest = Math.floor(rest / alphabet.length) + length;
    }
    return text;
}
/** podFrom makes the Pod that a ReplicaSet or a Job creates, with Istio's proxy where injection adds it. */
function podFrom(store, owner, template, place) {
    const namespace = owner.metadata.namespace ?? 'default';
    const labels = { ...template.metadata?.labels };
    const injected = injects(store, namespace, template);
    const spec = { serviceAccountName: 'default', ...template.spec, nodeName: place.node };
    return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
            name: place.name,
            generateName: `${owner.metadata.name}-`,
            namespace,
            labels: { ...labels, ...owner.metadata.labels, ...(injected ? meshLabels(labels) : {}) },
            annotations: { ...template.metadata?.annotations, ...(injected ? meshAnnotations : {}) },
            ownerReferences: [
                {
                    apiVersion: owner.apiVersion,
                    kind: owner.kind,
                    name: owner.metadata.name,
                    uid: owner.metadata.uid,
                    controller: true,
                    blockOwnerDeletion: true,
                },
            ],
        },
        spec: {
            ...spec,
            containers: [...(template.spec?.containers ?? []), ...(injected ? [proxyContainer] : [])],
            ...(injected ? { initContainers: [...(template.spec?.initContainers ?? []), initContainer] } : {}),
        },
    };
}
function injects(store, namespace, template) {
    const own = template.metadata?.labels?.['sidecar.istio.io/inject'];
    if (own !== undefined)
        return own === 'true';
    if (template.spec?.hostNetwork === true)
        return false;
    const labels = store.get('Namespace', '', namespace)?.metadata.labels ?? {};
    return labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined;
}
function meshLabels(labels) {
    return {
        'security.istio.io/tlsMode': 'istio',
        'service.istio.io/canonical-name': labels['app.kubernetes.io/name'] ?? labels.app ?? 'unknown',
        'service.istio.io/canonical-revision': labels['app.kubernetes.io/version'] ?? labels.version ?? 'latest',
    };
}
const meshAnnotations = {
    'prometheus.io/path': '/stats/prometheus',
    'prometheus.io/port': '15020',
    'prometheus.io/scrape': 'true',
    'sidecar.istio.io/status': '{"initContainers":["istio-init"],"containers":["istio-proxy"],"revision":"default"}',
};
const proxyContainer = {
    name: 'istio-proxy',
    image: proxyImage,
    args: ['proxy', 'sidecar'],
    ports: [{ containerPort: 15090, name: 'http-envoy-prom', protocol: 'TCP' }],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } },
};
const initContainer = { name: 'istio-init', image: proxyImage, args: ['istio-iptables'] };

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/endpoints.js





/** deriveEndpoints keeps an EndpointSlice for each Service with a selector; the returned function ends it. */
function deriveEndpoints(store) {
    return store.subscribe(({ object, before, type }) => {
        if (object.kind === 'Service') {
            if (type === 'deleted')
                endpoints_remove(store, object);
            else
                derive(store, object);
        }
        else if (object.kind === 'Pod') {
            for (const service of store.list('Service', object.metadata.namespace)) {
                if (selects(service, object) || (before !== null && selects(service, before)))
                    derive(store, service);
            }
        }
    });
}
function selectorOf(service) {
    return Object.entries((service.spec?.selector ?? {}));
}
function selects(service, pod) {
    const selector = selectorOf(service);
    return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
}
function nameOf(service) {
    return `${service.metadata.name}-${letters((0,simulation_random/* hashText */.q)(service.metadata.name, 11), 5)}`;
}
function derive(store, service) {
    if (selectorOf(service).length === 0)
        return;
    const { namespace = 'default', name } = service.metadata;
    const pods = store
        .list('Pod', namespace)
        .filter((pod) => selects(service, pod) && endpoints_addressOf(pod) !== undefined);
    const ports = (service.spec?.ports ?? []);
    writeSystem(store, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
            name: nameOf(service),
            namespace,
            labels: {
                'kubernetes.io/service-name': name,
                'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
            },
            ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, controller: true }],
        },
        addressType: 'IPv4',
        ports: ports.map((port) => ({
            name: port.name ?? '',
            port: port.targetPort,
            protocol: port.protocol ?? 'TCP',
        })),
        endpoints: pods.map(endpointOf),
    });
}
function endpointOf(pod) {
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const ready = isReady(pod);
    return {
        addresses: [endpoints_addressOf(pod)],
        conditions: { ready: ready && !terminating, serving: ready, terminating },
        nodeName: pod.spec?.nodeName ?? null,
        targetRef: {
            kind: 'Pod',
            namespace: pod.metadata.namespace ?? '',
            name: pod.metadata.name,
            uid: pod.metadata.uid ?? '',
        },
    };
}
function endpoints_addressOf(pod) {
    return pod.status?.podIP;
}
function endpoints_remove(store, service) {
    const slice = store.get('EndpointSlice', service.metadata.namespace ?? '', nameOf(service));
    if (slice !== null)
        store.remove(kindNamed('EndpointSlice'), slice);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/deployments/deployment-status.js


/** replicaSetStatus counts a ReplicaSet's pods. */
function replicaSetStatus(set, pods, replicas) {
    const ready = pods.filter(isReady).length;
    const changed = set.spec?.replicas !== replicas;
    return {
        replicas: pods.length,
        fullyLabeledReplicas: pods.length,
        readyReplicas: ready,
        availableReplicas: ready,
        observedGeneration: (set.metadata.generation ?? 1) + (changed ? 1 : 0),
    };
}
/** deploymentStatus says how far a Deployment is: `all` its pods, `updated` those of its present template. */
function deploymentStatus(deployment, all, updated, now) {
    const wanted = Number(deployment.spec?.replicas ?? 1);
    const ready = all.filter(isReady).length;
    const before = deployment.status?.conditions ?? [];
    const condition = (type, status, reason, message) => {
        const old = before.find((entry) => entry.type === type);
        const same = old?.status === status && old.reason === reason;
        const since = same ? old.lastTransitionTime : stampOf(now);
        return { type, status, reason, message, lastTransitionTime: since, lastUpdateTime: since };
    };
    const available = ready >= Math.ceil(wanted * 0.75);
    const complete = updated.length === wanted && all.length === wanted && ready === wanted;
    return {
        observedGeneration: deployment.metadata.generation ?? 1,
        replicas: all.length,
        updatedReplicas: updated.length,
        readyReplicas: ready,
        availableReplicas: ready,
        ...(ready < wanted ? { unavailableReplicas: wanted - ready } : {}),
        conditions: [
            available
                ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
                : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment lacks minimum availability.'),
            complete
                ? condition('Progressing', 'True', 'NewReplicaSetAvailable', 'All pods of the template are available.')
                : condition('Progressing', 'True', 'ReplicaSetUpdated', 'Pods of the template are on their way.'),
        ],
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/deployments/replica-sets.js





/** setsOf gives the ReplicaSets of a Deployment. */
function setsOf(store, deployment) {
    return store.list('ReplicaSet', deployment.metadata.namespace).filter((set) => isOwnedBy(set, deployment));
}
/** podsOf gives a set's pods that aren't on their way out. */
function podsOf(store, set) {
    return store
        .list('Pod', set.metadata.namespace)
        .filter((pod) => pod.metadata.deletionTimestamp === undefined && isOwnedBy(pod, set));
}
/** deploymentOf gives the name of the Deployment behind a pod; null where there is none. */
function deploymentOf(store, pod) {
    const set = pod.metadata.ownerReferences?.find((owner) => owner.kind === 'ReplicaSet');
    if (set === undefined)
        return null;
    const found = store.get('ReplicaSet', pod.metadata.namespace ?? '', set.name);
    return found?.metadata.ownerReferences?.find((owner) => owner.kind === 'Deployment')?.name ?? null;
}
function isOwnedBy(object, owner) {
    return (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === owner.metadata.uid);
}
/** createReplicaSets writes to `store`; `kubelet` follows every pod that is made or deleted. */
function createReplicaSets(options) {
    const { store, random, kubelet } = options;
    const addPod = (set) => {
        const nodes = store.list('Node');
        const node = nodes[store.list('Pod').length % Math.max(1, nodes.length)]?.metadata.name ?? 'node-1';
        const name = `${set.metadata.name}-${letters(random.next() * 27 ** 5, 5)}`;
        const template = set.spec.template ?? {};
        kubelet.watch(store.create(kindNamed('Pod'), podFrom(store, set, template, { name, node }), systemWriter));
    };
    return {
        current(deployment) {
            const { namespace = 'default', name } = deployment.metadata;
            const template = deployment.spec.template ?? {};
            const hash = templateHash(template);
            return (store.get('ReplicaSet', namespace, `${name}-${hash}`) ??
                store.create(kindNamed('ReplicaSet'), setFrom(deployment, template, hash), systemWriter));
        },
        scale(set, replicas) {
            const pods = podsOf(store, set);
            for (let missing = replicas - pods.length; missing > 0; missing--)
                addPod(set);
            for (const pod of goingFirst(pods).slice(0, Math.max(0, pods.length - replicas)))
                kubelet.stop(pod);
            const now = store.get('ReplicaSet', set.metadata.namespace ?? '', set.metadata.name);
            if (now === null)
                return;
            const status = replicaSetStatus(now, podsOf(store, set), replicas);
            const scaled = { ...now, spec: { ...now.spec, replicas }, status };
            store.update(kindNamed('ReplicaSet'), now, scaled, systemWriter);
        },
        removeAll(namespace, deployment) {
            const orphans = store
                .list('ReplicaSet', namespace)
                .filter((set) => set.metadata.ownerReferences?.some((owner) => owner.name === deployment));
            for (const set of orphans) {
                for (const pod of podsOf(store, set))
                    kubelet.stop(pod);
                store.remove(kindNamed('ReplicaSet'), set);
            }
        },
    };
}
function setFrom(deployment, template, hash) {
    const { namespace = 'default', name, uid } = deployment.metadata;
    const spec = deployment.spec;
    const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true };
    return {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: `${name}-${hash}`, namespace, labels, ownerReferences: [owner] },
        spec: {
            replicas: 0,
            selector: { matchLabels: { ...spec.selector?.matchLabels, 'pod-template-hash': hash } },
            template: { ...template, metadata: { ...template.metadata, labels } },
        },
    };
}
/** The unready go first, then the youngest. */
function goingFirst(pods) {
    const born = (pod) => `${pod.metadata.creationTimestamp}/${pod.metadata.name}`;
    return [...pods].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || (born(a) < born(b) ? 1 : -1));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/jobs.js



/** followJobs gives every Job one pod, which runs until the Job is taken away; what is in it is not run. */
function followJobs(options) {
    const { store, random, kubelet } = options;
    const seen = new Set();
    const podsOf = (uid) => store
        .list('Pod')
        .filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === uid));
    return store.subscribe(({ object }) => {
        if (object.kind !== 'Job')
            return;
        const { uid = '', namespace = '', name } = object.metadata;
        const present = store.get('Job', namespace, name)?.metadata.uid === uid;
        if (!present)
            for (const pod of podsOf(uid))
                kubelet.stop(pod);
        if (!present || seen.has(uid))
            return;
        seen.add(uid);
        kubelet.watch(store.create(kindNamed('Pod'), podOf(store, object, random), systemWriter));
    });
}
function podOf(store, job, random) {
    const { template = {} } = (job.spec ?? {});
    const name = `${job.metadata.name}-${letters(random.next() * 27 ** 5, 5)}`;
    const node = store.list('Node')[0]?.metadata.name ?? 'node-1';
    return podFrom(store, job, template, { name, node });
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/pods/pod-life.js


const longestBackoff = 300;
/** stageAt gives a pod's stage at a time. */
function stageAt(life, now) {
    const { fault } = life;
    const hitEarly = fault !== null && life.faultAt < life.runsAt;
    if (fault?.kind === 'unschedulable' && hitEarly)
        return { is: 'unschedulable', since: life.bornAt };
    if (now < life.runsAt)
        return { is: 'creating', since: life.bornAt };
    if (fault?.kind === 'imagePull' && hitEarly) {
        // The first refusal is shown for a few seconds before the kubelet backs off.
        const backoff = now >= life.runsAt + 10_000;
        return { is: 'pulling', backoff, since: life.runsAt + (backoff ? 10_000 : 0) };
    }
    if (fault?.kind === 'crashLoop')
        return crashing(life, fault.afterSeconds * 1000, now);
    const readyAt = fault?.kind === 'slow' && hitEarly ? life.runsAt + fault.seconds * 1000 : life.readyAt;
    return running(life.runsAt, readyAt, 0, now);
}
function running(started, readyAt, restarts, now) {
    const ready = now >= readyAt;
    return { is: 'running', ready, restarts, started, since: ready ? readyAt : started };
}
function crashing(life, runs, now) {
    const warmUp = life.readyAt - life.runsAt;
    let started = life.runsAt;
    let crash = Math.max(life.runsAt, life.faultAt) + runs;
    for (let restarts = 0;; restarts++) {
        if (now < crash)
            return running(started, started + warmUp, restarts, now);
        const backoff = Math.min(longestBackoff, 10 * 2 ** restarts) * 1000;
        if (now < crash + backoff)
            return { is: 'crashed', restarts: restarts + 1, since: crash };
        started = crash + backoff;
        crash = started + runs;
    }
}
/** sameStage tells whether two stages show the same status. */
function sameStage(a, b) {
    return a !== null && same(a, b);
}
/** statusOf writes the `status` of a pod as kubelet and scheduler would. */
function statusOf(life, stage, place) {
    const condition = (type, holds, since, why = {}) => ({
        type,
        status: holds ? 'True' : 'False',
        lastProbeTime: null,
        lastTransitionTime: stampOf(since),
        ...(holds ? {} : why),
    });
    if (stage.is === 'unschedulable') {
        const message = '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available.';
        const scheduled = condition('PodScheduled', false, stage.since, { reason: 'Unschedulable', message });
        return { phase: 'Pending', conditions: [scheduled], qosClass: 'Burstable' };
    }
    const ready = stage.is === 'running' && stage.ready;
    const unready = { reason: 'ContainersNotReady', message: 'containers with unready status' };
    const up = stage.is === 'running' || stage.is === 'crashed';
    return {
        phase: up ? 'Running' : 'Pending',
        conditions: [
            condition('PodScheduled', true, life.bornAt),
            condition('Initialized', up, up ? life.runsAt : life.bornAt),
            condition('ContainersReady', ready, stage.since, unready),
            condition('Ready', ready, stage.since, unready),
        ],
        hostIP: place.hostIP,
        hostIPs: [{ ip: place.hostIP }],
        ...(up ? { podIP: place.ip, podIPs: [{ ip: place.ip }] } : {}),
        startTime: stampOf(life.bornAt),
        containerStatuses: place.containers.map((container) => containerStatus(container, life, stage)),
        qosClass: 'Burstable',
    };
}
function containerStatus(container, life, stage) {
    // The proxy lives on while the application beside it crashes or can't be pulled.
    const proxy = container.name === 'istio-proxy';
    const own = proxy && stage.is !== 'creating' ? { ...upStage(life), ready: true } : stage;
    const ran = own.is === 'running' || own.is === 'crashed';
    return {
        name: container.name,
        image: container.image,
        imageID: ran ? `${container.image.split(/[:@]/)[0]}@sha256:${digestOf(container.image)}` : '',
        ready: own.is === 'running' && own.ready,
        started: own.is === 'running',
        restartCount: own.is === 'running' || own.is === 'crashed' ? own.restarts : 0,
        state: stateOf(own, container.image),
        lastState: ran && own.restarts > 0 ? { terminated: termination(own.since) } : {},
    };
}
function upStage(life) {
    return { is: 'running', ready: true, restarts: 0, started: life.runsAt, since: life.runsAt };
}
function stateOf(stage, image) {
    switch (stage.is) {
        case 'running':
            return { running: { startedAt: stampOf(stage.started) } };
        case 'crashed': {
            const wait = Math.min(longestBackoff, 10 * 2 ** (stage.restarts - 1));
            const message = `back-off ${wait}s restarting failed container`;
            return { waiting: { reason: 'CrashLoopBackOff', message } };
        }
        case 'pulling':
            return stage.backoff
                ? { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } }
                : {
                    waiting: {
                        reason: 'ErrImagePull',
                        message: `failed to pull and unpack image "${image}": not found`,
                    },
                };
        default:
            return { waiting: { reason: 'ContainerCreating' } };
    }
}
function termination(finished) {
    return { exitCode: 1, reason: 'Error', finishedAt: stampOf(finished) };
}
function digestOf(image) {
    const words = [1, 2, 3, 4, 5, 6, 7, 8].map((salt) => (0,simulation_random/* hashText */.q)(image, salt).toString(16).padStart(8, '0'));
    return words.join('');
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/pods/kubelet.js



const writer = { manager: 'kubelet', operation: 'Update' };
const kind = kindNamed('Pod');
const grace = 2000;
/** createKubelet makes one for the whole cluster; `faultOf` says what is wrong with a pod's workload, and since when. */
function createKubelet(options) {
    const { store, random, now } = options;
    const pods = new Map();
    let addresses = 0;
    return {
        watch(object) {
            const { name, namespace = 'default', uid = '' } = object.metadata;
            addresses++;
            const ip = `10.244.${Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
            const life = lifeFrom(now(), random);
            const pod = { namespace, name, life, ip, stage: null, steady: false, goneAt: null };
            pods.set(uid, pod);
            show(pod, options);
        },
        stop(object) {
            const pod = pods.get(object.metadata.uid ?? '');
            if (pod === undefined || pod.goneAt !== null)
                return;
            pod.goneAt = now() + grace;
            const deletionTimestamp = stampOf(pod.goneAt);
            const current = store.get('Pod', pod.namespace, pod.name);
            if (current === null)
                return;
            const metadata = { ...current.metadata, deletionTimestamp };
            store.update(kind, current, { ...current, metadata }, writer);
        },
        tick() {
            for (const [uid, pod] of [...pods]) {
                const object = store.get('Pod', pod.namespace, pod.name);
                if (object?.metadata.uid !== uid)
                    pods.delete(uid);
                else if (pod.goneAt === null)
                    show(pod, options);
                else if (now() >= pod.goneAt) {
                    pods.delete(uid);
                    store.remove(kind, object);
                }
            }
        },
    };
}
/** show brings a pod's status up to date. */
function show(pod, { store, now, faultOf }) {
    const object = store.get('Pod', pod.namespace, pod.name);
    if (object === null)
        return;
    const found = pod.goneAt === null ? faultOf(object) : null;
    if (found === null && pod.steady)
        return;
    const life = { ...pod.life, fault: found?.fault ?? null, faultAt: found?.since ?? 0 };
    const stage = stageAt(life, now());
    pod.steady = found === null && stage.is === 'running' && stage.ready;
    if (sameStage(pod.stage, stage))
        return;
    pod.stage = stage;
    const containers = (object.spec?.containers ?? []);
    const node = store.get('Node', '', String(object.spec?.nodeName ?? ''));
    const status = statusOf(life, stage, { ip: pod.ip, hostIP: kubelet_addressOf(node), containers });
    if (!same(object.status, status))
        store.update(kind, object, { ...object, status }, writer);
}
/** lifeFrom draws how long a pod takes until it runs, and until it is ready. */
function lifeFrom(bornAt, random) {
    const runsAt = bornAt + 1000 + Math.floor(random.next() * 2000);
    const readyAt = runsAt + 3000 + Math.floor(random.next() * 3000);
    return { bornAt, runsAt, readyAt, fault: null, faultAt: 0 };
}
function kubelet_addressOf(node) {
    const addresses = node?.status
        ?.addresses;
    return addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '10.0.0.1';
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/workloads/workloads.js







/**
 * createWorkloadControllers turns Deployments into ReplicaSets and pods: at once when a Deployment changes, and with
 * every tick as pods become ready. A new template gets all its pods; the old ones go as those become ready.
 */
function createWorkloadControllers(options) {
    const { store, random, now } = options;
    const faults = new Map();
    const kubelet = createKubelet({
        store,
        random: random.fork('kubelet'),
        now,
        faultOf: (pod) => faults.size === 0
            ? null
            : (faults.get(`${pod.metadata.namespace}/${deploymentOf(store, pod)}`) ?? null),
    });
    const stopJobs = followJobs({ store, random: random.fork('jobs'), kubelet });
    const sets = createReplicaSets({ store, random: random.fork('names'), kubelet });
    const wake = oneAtATime((namespace, name) => reconcile({ store, now, sets }, namespace, name));
    const stop = store.subscribe(({ object }) => {
        const { namespace = '', name } = object.metadata;
        if (object.kind === 'Deployment')
            wake(namespace, name);
        if (object.kind !== 'Pod')
            return;
        const owner = deploymentOf(store, object);
        if (owner !== null)
            wake(namespace, owner);
    });
    return {
        setFault(namespace, deployment, fault) {
            const key = `${namespace}/${deployment}`;
            if (fault === null)
                faults.delete(key);
            else
                faults.set(key, { fault, since: now() });
        },
        tick: () => kubelet.tick(),
        close() {
            stop();
            stopJobs();
        },
    };
}
/** reconcile brings the sets of a Deployment to what it wants: the old ones give way as the new one gets ready. */
function reconcile({ store, now, sets }, namespace, name) {
    const deployment = store.get('Deployment', namespace, name);
    if (deployment === null) {
        sets.removeAll(namespace, name);
        return;
    }
    const current = sets.current(deployment);
    const replicas = deployment.spec.replicas ?? 1;
    sets.scale(current, replicas);
    const ready = podsOf(store, current).filter(isReady).length;
    for (const set of setsOf(store, deployment)) {
        if (set.metadata.uid !== current.metadata.uid)
            sets.scale(set, Math.max(0, replicas - ready));
    }
    showStatus(store, namespace, name, current, now());
}
/** Reconciling changes objects, which wakes the reconciler: what wakes it meanwhile waits for its turn. */
function oneAtATime(reconcile) {
    const waiting = new Set();
    let busy = false;
    return (namespace, name) => {
        waiting.add(`${namespace}/${name}`);
        if (busy)
            return;
        busy = true;
        try {
            for (const key of waiting) {
                waiting.delete(key);
                const [space = '', deployment = ''] = key.split('/');
                reconcile(space, deployment);
            }
        }
        finally {
            busy = false;
        }
    };
}
function showStatus(store, namespace, name, current, now) {
    const deployment = store.get('Deployment', namespace, name);
    if (deployment === null)
        return;
    const all = setsOf(store, deployment).flatMap((set) => podsOf(store, set));
    const status = deploymentStatus(deployment, all, podsOf(store, current), now);
    store.update(kindNamed('Deployment'), deployment, { ...deployment, status }, systemWriter);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/kubeconfig.js

/** kubeconfigText writes a kubeconfig (YAML) for one API server and one bearer token. */
function kubeconfigText(server, token, namespace) {
    return (0,dist/* stringify */.As)({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'sandbox',
        clusters: [{ name: 'sandbox', cluster: { server } }],
        users: [{ name: 'sandbox', user: { token } }],
        contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace } }],
    });
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/manifests.js





const manifests_writer = { manager: 'kubectl', operation: 'Update' };
/**
 * applyManifests creates or replaces the objects of YAML documents, checked as the API checks them. Statuses
 * that a document brings are kept. Throws Failure `invalid-input` where a kind isn't
 * served, the YAML parser's error, or the API's refusal of an object.
 */
function applyManifests(store, yaml) {
    return (0,dist/* parseAllDocuments */.hR)(yaml).flatMap((document) => {
        if (document.errors.length > 0)
            throw document.errors[0];
        const object = document.toJS();
        return object === null ? [] : [applyOne(store, object)];
    });
}
function applyOne(store, given) {
    const parts = given.apiVersion.split('/');
    const version = parts.at(-1);
    const group = parts.length === 2 ? parts[0] : '';
    const kind = kinds.find((item) => item.kind === given.kind && item.group === group);
    if (kind === undefined || !kind.versions.includes(version)) {
        throw new failure/* Failure */.HR('invalid-input', `The sandbox serves no ${given.apiVersion} ${given.kind}.`);
    }
    const namespace = kind.namespaced ? (given.metadata.namespace ?? 'default') : '';
    const before = store.get(kind.kind, namespace, given.metadata.name);
    const proposal = {
        kind,
        version,
        namespace,
        before,
        fieldValidation: 'Strict',
        patched: false,
        overApi: false,
    };
    const { object } = admit(store, proposal, given);
    if (given.status !== undefined)
        object.status = given.status;
    if (before === null)
        return store.create(kind, object, manifests_writer);
    if (same(before.spec, object.spec) && same(before.metadata.labels, object.metadata.labels))
        return before;
    const metadata = { ...before.metadata, ...object.metadata };
    return store.update(kind, before, { ...object, metadata }, manifests_writer);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/rbac.js


/**
 * readRbac makes an authorizer out of Roles, ClusterRoles and their bindings (YAML documents or a List).
 * Other kinds are passed over. Throws Failure `invalid-input` where a binding names a role that the manifest doesn't hold.
 */
function readRbac(yaml) {
    const all = (0,dist/* parseAllDocuments */.hR)(yaml).flatMap((document) => {
        const value = document.toJS();
        return value === null ? [] : (value.items ?? [value]);
    });
    const roles = all.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
    const bindings = all.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding');
    const grants = bindings.map((binding) => ({
        /** null: in every namespace and at the cluster scope. */
        namespace: binding.kind === 'RoleBinding' ? (binding.metadata?.namespace ?? 'default') : null,
        subjects: (binding.subjects ?? []).map((subject) => ({ ...subject })),
        rules: roleOf(binding, roles).rules ?? [],
    }));
    const first = grants.flatMap((grant) => grant.subjects)[0];
    return {
        subject: first === undefined ? null : identityOf(first),
        allows: (identity, attributes) => grants.some((grant) => (grant.namespace === null || grant.namespace === attributes.namespace) &&
            grant.subjects.some((subject) => isAbout(subject, identity)) &&
            grant.rules.some((rule) => covers(rule, attributes))),
    };
}
function roleOf(binding, roles) {
    const found = roles.find((role) => role.kind === binding.roleRef?.kind &&
        role.metadata?.name === binding.roleRef?.name &&
        (role.kind === 'ClusterRole' || role.metadata?.namespace === binding.metadata?.namespace));
    if (found === undefined) {
        throw new failure/* Failure */.HR('invalid-input', `${binding.kind} ${binding.metadata?.name} names a role that the manifest doesn't hold.`);
    }
    return found;
}
function identityOf(subject) {
    if (subject.kind === 'ServiceAccount') {
        return {
            user: `system:serviceaccount:${subject.namespace}:${subject.name}`,
            groups: [
                'system:serviceaccounts',
                `system:serviceaccounts:${subject.namespace}`,
                'system:authenticated',
            ],
        };
    }
    if (subject.kind === 'Group')
        return { user: 'ci', groups: [subject.name ?? '', 'system:authenticated'] };
    return { user: subject.name ?? 'ci', groups: ['system:authenticated'] };
}
function isAbout(subject, identity) {
    if (subject.kind === 'Group')
        return identity.groups.includes(subject.name ?? '');
    return identityOf(subject).user === identity.user;
}
function covers(rule, wanted) {
    const resource = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
    const names = rule.resourceNames ?? [];
    return (includes(rule.verbs, wanted.verb) &&
        includes(rule.apiGroups, wanted.group) &&
        (includes(rule.resources, resource) ||
            (wanted.subresource !== '' && (rule.resources ?? []).includes(`*/${wanted.subresource}`))) &&
        (names.length === 0 || (wanted.name !== '' && names.includes(wanted.name))));
}
function includes(list, item) {
    return list !== undefined && (list.includes(item) || list.includes('*'));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/cluster.js









/** startCluster serves an empty cluster on loopback. */
async function startCluster(options) {
    const { clock, random, log, backend } = options;
    const store = createStore(clock.now, uidsFrom(random.fork('uids')));
    const workloads = createWorkloadControllers({ store, random: random.fork('workloads'), now: clock.now });
    const stopEndpoints = deriveEndpoints(store);
    const access = createAccess(options.rbac === undefined ? null : readRbac(options.rbac));
    const faults = createFaults();
    const endpoint = await serveApi({ store, access, faults, log, now: clock.now, backend });
    return {
        url: endpoint.url,
        store,
        workloads,
        access,
        faults,
        apply: (yaml) => applyManifests(store, yaml),
        kubeconfigFor: (token) => kubeconfigText(endpoint.url, token, 'default'),
        async close() {
            stopEndpoints();
            workloads.close();
            await endpoint.close();
        },
    };
}
/** The same seed gives the same uids, and with them the same luck to everything that is named by one. */
function uidsFrom(random) {
    const hex = (length) => Array.from({ length }, () => Math.floor(random.next() * 16).toString(16)).join('');
    return () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/proxies/pod.js
const proxyName = 'istio-proxy';
/** podOf reads a Pod object; null while it has no address or when it has run to its end. */
function pod_podOf(object) {
    const status = toRecord(object.status);
    const ip = status.podIP;
    const phase = status.phase ?? 'Running';
    if (typeof ip !== 'string' || ip === '' || phase === 'Succeeded' || phase === 'Failed')
        return null;
    const spec = toRecord(object.spec);
    const { metadata } = object;
    const statuses = [...records(status.initContainerStatuses), ...records(status.containerStatuses)];
    const proxy = statuses.find((entry) => entry.name === proxyName);
    const apps = records(status.containerStatuses).filter((entry) => entry.name !== proxyName);
    const running = phase === 'Running';
    return {
        uid: metadata.uid ?? `${metadata.namespace}/${metadata.name}`,
        name: metadata.name,
        namespace: metadata.namespace ?? 'default',
        ip,
        labels: metadata.labels ?? {},
        workload: workloadOf(object),
        serviceAccount: typeof spec.serviceAccountName === 'string' ? spec.serviceAccountName : 'default',
        ready: running && pod_isReady(status) && metadata.deletionTimestamp === undefined,
        serving: running && apps.every(isRunning),
        restarts: restartsOf(apps),
        terminating: metadata.deletionTimestamp !== undefined,
        injected: isInjected(object, spec),
        incarnation: `${metadata.uid}#${restartsOf(proxy === undefined ? statuses : [proxy])}`,
        proxyRunning: running && (proxy === undefined || isRunning(proxy)),
    };
}
/** canonicalRevision is the label that Istio's injection computes. */
function canonicalRevision(labels) {
    return (labels['service.istio.io/canonical-revision'] ??
        labels['app.kubernetes.io/version'] ??
        labels.version ??
        'latest');
}
function canonicalName(pod) {
    const { labels } = pod;
    return (labels['service.istio.io/canonical-name'] ??
        labels['app.kubernetes.io/name'] ??
        labels.app ??
        pod.workload);
}
function toRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
function records(value) {
    return Array.isArray(value) ? value.map(toRecord) : [];
}
function workloadOf(object) {
    const owner = object.metadata.ownerReferences?.find((entry) => entry.controller !== false);
    if (owner === undefined)
        return object.metadata.name;
    const hash = object.metadata.labels?.['pod-template-hash'];
    if (owner.kind !== 'ReplicaSet')
        return owner.name;
    if (hash !== undefined && owner.name.endsWith(`-${hash}`))
        return owner.name.slice(0, -hash.length - 1);
    return owner.name.replace(/-[a-z0-9]+$/, '');
}
function pod_isReady(status) {
    return records(status.conditions).some((entry) => entry.type === 'Ready' && entry.status === 'True');
}
function isRunning(container) {
    const state = toRecord(container.state);
    return state.waiting === undefined && state.terminated === undefined;
}
function isInjected(object, spec) {
    const containers = [...records(spec.containers), ...records(spec.initContainers)];
    return (containers.some((container) => toRecord(container).name === proxyName) ||
        object.metadata.annotations?.['sidecar.istio.io/status'] !== undefined);
}
function restartsOf(statuses) {
    return statuses.reduce((sum, entry) => sum + (Number(entry.restartCount) || 0), 0);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/cluster/machines.js

/** Scheduling periods a second, as CFS has them. */
const periodsPerSecond = 10;
const cpus = ['0', '1'];
/** createMachines measures the nodes of a store: their CPUs, and how often containers were throttled. */
function createMachines(options) {
    const { store, now, origin, strains } = options;
    // A sample's labels stay one object while it lives: that is how a scraper knows it again.
    const known = new Map();
    const labelled = (labels) => {
        const key = JSON.stringify(labels);
        const found = known.get(key) ?? labels;
        known.set(key, found);
        return found;
    };
    const elapsed = () => (now() - origin) / 1000;
    function nodeSamples(node) {
        const stolen = strainedSeconds(strains, elapsed(), (strain) => strain.steal ?? 0);
        const life = now() / 1000;
        const modes = { steal: stolen, user: (life - stolen) * 0.3, idle: (life - stolen) * 0.7 };
        return [
            ...cpus.flatMap((cpu) => Object.entries(modes).map(([mode, value]) => ({
                labels: labelled({ __name__: 'node_cpu_seconds_total', cpu, mode }),
                value,
            }))),
            { labels: labelled({ __name__: 'node_uname_info', nodename: node }), value: 1 },
        ];
    }
    function containerSamples(node) {
        return store
            .list('Pod')
            .filter((object) => object.spec?.nodeName === node)
            .flatMap((object) => {
            const pod = pod_podOf(object);
            return pod === null ? [] : containersOf(object).map((container) => ({ pod, container }));
        })
            .flatMap(({ pod, container }) => {
            const of = { namespace: pod.namespace, pod: pod.name, container };
            const throttled = strainedSeconds(strains, elapsed(), ({ throttled: strain }) => strain?.container === container && strain.version === pod.labels.version ? strain.share : 0);
            return [
                {
                    labels: labelled({ __name__: 'container_cpu_cfs_periods_total', ...of }),
                    value: (now() / 1000) * periodsPerSecond,
                },
                {
                    labels: labelled({ __name__: 'container_cpu_cfs_throttled_periods_total', ...of }),
                    value: throttled * periodsPerSecond,
                },
            ];
        });
    }
    return {
        targets: () => store.list('Node').flatMap((node) => {
            const { name } = node.metadata;
            const address = machines_addressOf(node);
            return [
                {
                    labels: { job: 'node-exporter', instance: `${address}:9100` },
                    scrape: () => nodeSamples(name),
                },
                {
                    labels: { job: 'kubelet', instance: `${address}:10250` },
                    scrape: () => containerSamples(name),
                },
            ];
        }),
    };
}
/** strainedSeconds adds up the time that strains took until a moment, each by its share. */
function strainedSeconds(strains, at, shareOf) {
    return strains.reduce((sum, strain) => {
        const lasted = Math.min(at, strain.until) - strain.from;
        return sum + Math.max(0, lasted) * shareOf(strain);
    }, 0);
}
function containersOf(object) {
    const { containers = [], initContainers = [] } = (object.spec ?? {});
    return [...containers, ...initContainers].map(({ name }) => name);
}
function machines_addressOf(node) {
    const { addresses = [] } = (node.status ?? {});
    return addresses.find(({ type }) => type === 'InternalIP')?.address ?? node.metadata.name;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/forge/routes.js

const longestBody = 65_536;
const levels = { none: 0, read: 1, write: 2 };
const routes = [
    route('GET', '/repos/:owner/:repo/commits/([^/]+)/pulls', { 'pull-requests': 'read' }, pullsOfCommit),
    route('GET', '/repos/:owner/:repo/commits/([^/]+)', { contents: 'read' }, commit),
    route('GET', '/repos/:owner/:repo/pulls/(\\d+)', { 'pull-requests': 'read' }, pull),
    route('GET', '/repos/:owner/:repo/issues/(\\d+)/comments', reading(), comments),
    route('POST', '/repos/:owner/:repo/issues/(\\d+)/comments', writing(), addComment),
    route('GET', '/repos/:owner/:repo/issues/comments/(\\d+)', reading(), comment),
    route('PATCH', '/repos/:owner/:repo/issues/comments/(\\d+)', writing(), editComment),
    route('DELETE', '/repos/:owner/:repo/issues/comments/(\\d+)', writing(), deleteComment),
    route('GET', '/user', {}, (state) => state.installation
        ? routes_errorReply('Resource not accessible by integration', 403)
        : { status: 200, body: account(state) }),
    route('POST', '/graphql', {}, viewer),
];
function reading() {
    return { issues: 'read', 'pull-requests': 'read' };
}
function writing() {
    return { issues: 'write', 'pull-requests': 'write' };
}
function route(method, path, needs, handle) {
    const pattern = path.replace(':owner', '([^/]+)').replace(':repo', '([^/]+)');
    return { method, path: new RegExp(`^${pattern}$`), needs, handle };
}
/** answerForge answers as GitHub's REST API does, for the part of it that a release uses. */
function answerForge(state, call) {
    const token = /^(?:bearer|token) (.+)$/i.exec(call.authorization)?.[1];
    if (token !== state.token)
        return routes_errorReply(token === undefined ? 'Requires authentication' : 'Bad credentials', 401);
    for (const { method, path, needs, handle } of routes) {
        const match = path.exec(call.path);
        if (match === null || method !== call.method)
            continue;
        const parts = match.slice(1).map(decodeURIComponent);
        const inRepository = call.path.startsWith('/repos/');
        if (inRepository && (parts[0] !== state.owner || parts[1] !== state.name))
            return routes_errorReply('Not Found', 404);
        if (!isAllowed(state, needs))
            return routes_errorReply('Resource not accessible by integration', 403);
        return handle(state, call, inRepository ? parts.slice(2) : parts);
    }
    return routes_errorReply('Not Found', 404);
}
function isAllowed(state, needs) {
    const wanted = Object.entries(needs);
    return (wanted.length === 0 || wanted.some(([name, level]) => levels[state.permissions[name]] >= levels[level]));
}
/** errorReply is an error as GitHub words it. */
function routes_errorReply(message, status, extra = {}) {
    const body = {
        message,
        documentation_url: 'https://docs.github.com/rest',
        status: String(status),
        ...extra,
    };
    return { status, body };
}
function pullsOfCommit(state, call, [sha = '']) {
    const found = state.commits.find((item) => item.sha === sha);
    if (found === undefined)
        return routes_errorReply(`No commit found for SHA: ${sha}`, 422);
    const pulls = state.pulls.filter((item) => found.pulls.includes(item.number));
    return { status: 200, body: pulls.map((item) => pullBody(state, call, item)) };
}
function commit(state, call, [sha = '']) {
    const found = state.commits.find((item) => item.sha === sha);
    if (found === undefined)
        return routes_errorReply(`No commit found for SHA: ${sha}`, 422);
    const html = `${call.base}/${state.owner}/${state.name}/commit/${sha}`;
    return { status: 200, body: { sha, html_url: html, commit: { message: found.message }, parents: [] } };
}
function pull(state, call, [number = '']) {
    const found = state.pulls.find((item) => item.number === Number(number));
    if (found === undefined)
        return routes_errorReply('Not Found', 404);
    return { status: 200, body: { ...pullBody(state, call, found), merged: found.mergeCommit !== null } };
}
function pullBody(state, call, item) {
    const repo = { full_name: `${state.owner}/${state.name}` };
    return {
        number: item.number,
        title: item.title,
        state: item.state,
        html_url: `${call.base}/${state.owner}/${state.name}/pull/${item.number}`,
        merged_at: item.mergeCommit === null ? null : stampOf(call.now),
        merge_commit_sha: item.mergeCommit,
        head: { sha: item.head, ref: 'change', repo },
        base: { ref: item.base, repo },
    };
}
function comments(state, call, [number = '']) {
    if (!state.pulls.some((item) => item.number === Number(number)))
        return routes_errorReply('Not Found', 404);
    const all = state.comments.filter((item) => item.issue === Number(number));
    const size = Math.min(100, Math.max(1, Number(call.query.get('per_page') ?? 30) || 30));
    const page = Math.max(1, Number(call.query.get('page') ?? 1) || 1);
    const last = Math.max(1, Math.ceil(all.length / size));
    const link = (to, rel) => {
        const query = new URLSearchParams(call.query);
        query.set('page', String(to));
        return `<${call.base}${call.path}?${query}>; rel="${rel}"`;
    };
    const links = [
        ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
        ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ];
    return {
        status: 200,
        body: all.slice((page - 1) * size, page * size).map((item) => commentBody(state, call, item)),
        ...(links.length > 0 ? { headers: { link: links.join(', ') } } : {}),
    };
}
function addComment(state, call, [number = '']) {
    if (!state.pulls.some((item) => item.number === Number(number)))
        return routes_errorReply('Not Found', 404);
    const text = textIn(call.body);
    if (typeof text !== 'string')
        return text;
    const id = 1000 + Math.max(0, ...state.comments.map((item) => item.id - 1000)) + 1;
    const at = stampOf(call.now);
    const made = {
        id,
        issue: Number(number),
        body: text,
        author: { ...state.account },
        createdAt: at,
        updatedAt: at,
    };
    state.comments.push(made);
    return { status: 201, body: commentBody(state, call, made) };
}
function comment(state, call, [id = '']) {
    const found = state.comments.find((item) => item.id === Number(id));
    return found === undefined
        ? routes_errorReply('Not Found', 404)
        : { status: 200, body: commentBody(state, call, found) };
}
function editComment(state, call, [id = '']) {
    const found = state.comments.find((item) => item.id === Number(id));
    if (found === undefined)
        return routes_errorReply('Not Found', 404);
    const text = textIn(call.body);
    if (typeof text !== 'string')
        return text;
    found.body = text;
    found.updatedAt = stampOf(call.now);
    return { status: 200, body: commentBody(state, call, found) };
}
function deleteComment(state, _call, [id = '']) {
    const index = state.comments.findIndex((item) => item.id === Number(id));
    if (index === -1)
        return routes_errorReply('Not Found', 404);
    state.comments.splice(index, 1);
    return { status: 204, body: null };
}
function textIn(body) {
    let text;
    try {
        text = JSON.parse(body)?.body;
    }
    catch {
        return routes_errorReply('Problems parsing JSON', 400);
    }
    const wrong = (message) => routes_errorReply('Validation Failed', 422, {
        errors: [{ resource: 'IssueComment', field: 'body', code: 'custom', message }],
    });
    if (typeof text !== 'string' || text.trim() === '')
        return wrong("Body can't be blank");
    return text.length > longestBody ? wrong(`body is too long (maximum is ${longestBody} characters)`) : text;
}
function commentBody(state, call, item) {
    const place = `${state.owner}/${state.name}`;
    return {
        id: item.id,
        url: `${call.base}/repos/${place}/issues/comments/${item.id}`,
        html_url: `${call.base}/${place}/pull/${item.issue}#issuecomment-${item.id}`,
        body: item.body,
        user: item.author,
        created_at: item.createdAt,
        updated_at: item.updatedAt,
    };
}
function account(state) {
    return { ...state.account, id: 41_898_282 };
}
function viewer(state, call) {
    const asked = /\bviewer\s*\{\s*login\s*\}/.test(call.body);
    if (!asked)
        return { status: 200, body: { errors: [{ message: 'The sandbox answers { viewer { login } } only' }] } };
    return { status: 200, body: { data: { viewer: { login: state.account.login } } } };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/forge/state.js
/** Commit and pull request of the release that scenarios show. */
const releaseCommit = '6dcb09b5b57875f334f61aebed695e2e4193db5e';
const releasePull = 42;
/** newForge gives a repository with one merged pull request, and the token of a workflow. */
function newForge() {
    return {
        owner: 'example',
        name: 'shop',
        token: 'sandbox-github-token',
        account: { login: 'github-actions[bot]', type: 'Bot' },
        installation: true,
        permissions: { contents: 'read', 'pull-requests': 'write', issues: 'write' },
        commits: [{ sha: releaseCommit, message: `Answer faster (#${releasePull})`, pulls: [releasePull] }],
        pulls: [
            {
                number: releasePull,
                title: 'Answer faster',
                state: 'closed',
                mergeCommit: releaseCommit,
                head: '0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c',
                base: 'main',
            },
        ],
        comments: [],
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/forge/server.js




/** serveForge starts it; requests go to `log`. `now` gives virtual time in ms. */
async function serveForge(log, now) {
    const state = newForge();
    const faults = createFaults();
    const endpoint = await listen(async (request, response) => {
        const entry = server_logged(request, state, now());
        log.push(entry);
        response.on('finish', () => {
            entry.status = response.statusCode;
        });
        entry.body = await bodyOf(request);
        const reply = () => answerForge(state, callOf(request, entry, now()));
        const fault = faults.take(entry);
        if (fault === null)
            server_deliver(response, reply());
        else if ('status' in fault)
            server_deliver(response, broken(fault));
        else if ('delay' in fault) {
            await new Promise((resolve) => setTimeout(resolve, fault.delay));
            server_deliver(response, reply());
        }
        else {
            if (fault.done === true)
                reply();
            if ('reset' in fault)
                request.socket.resetAndDestroy();
        }
    });
    return { url: endpoint.url, state, faults, close: endpoint.close };
}
function callOf(request, entry, now) {
    return {
        method: entry.method,
        // GitHub Enterprise serves the same under a prefix.
        path: entry.path.replace(/^\/api\/v3(?=\/)/, '').replace(/^\/api\/graphql$/, '/graphql'),
        query: new URLSearchParams(entry.query),
        body: entry.body,
        authorization: request.headers.authorization ?? '',
        base: `http://${request.headers.host}`,
        now,
    };
}
function server_deliver(response, { status, body, headers }) {
    const type = { 'content-type': 'application/json; charset=utf-8' };
    send(response, status, body === null ? '' : JSON.stringify(body), { ...type, ...headers });
}
function broken({ status, body, headers }) {
    return {
        status,
        body: body ?? routes_errorReply(titles[status] ?? 'Server Error', status).body,
        ...(headers === undefined ? {} : { headers: { ...headers } }),
    };
}
const titles = {
    403: 'Resource not accessible by integration',
    429: 'You have exceeded a secondary rate limit',
    500: 'Server Error',
    502: 'Server Error',
    503: 'Service Unavailable',
};
/** rateLimited is the fault of a primary rate limit that lasts `seconds` from `nowMs` (real time, ms) on. */
function rateLimited(seconds, nowMs) {
    return {
        status: 403,
        headers: {
            'x-ratelimit-limit': '1000',
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(Math.ceil(nowMs / 1000) + seconds),
        },
        body: errorReply('API rate limit exceeded for installation.', 403).body,
    };
}
function server_logged(request, state, at) {
    const [path = '', ...query] = (request.url ?? '/').split('?');
    return {
        server: 'github',
        at,
        method: request.method ?? 'GET',
        path,
        query: query.join('?'),
        user: state.account.login,
        userAgent: request.headers['user-agent'] ?? '',
        body: '',
        status: 0,
    };
}

// EXTERNAL MODULE: ./.build/lib/simulation/traffic.js
var traffic = __webpack_require__(1553);
// EXTERNAL MODULE: ./.build/lib/simulation/latency.js
var simulation_latency = __webpack_require__(9130);
// EXTERNAL MODULE: ./.build/lib/simulation/sampling.js
var sampling = __webpack_require__(143);
;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/answers.js



const bucketCount = simulation_latency/* latencyBounds */.C8.length;
/** spreadIn puts all n into the bucket of one time in ms. */
function spreadIn(n, ms) {
    const spread = new Array(bucketCount).fill(0);
    spread[(0,simulation_latency/* bucketOf */.AU)(ms)] = n;
    return spread;
}
/** createAnswers prepares the draws for a model; `t` in seconds since the model's origin. */
function createAnswers(model, random) {
    const grpc = model.protocol === 'grpc';
    const tables = new Map();
    const tableOf = (version, limit) => {
        const byLimit = tables.get(version) ?? new Map();
        tables.set(version, byLimit);
        const table = byLimit.get(limit) ?? latencyTables(version, limit);
        byLimit.set(limit, table);
        return table;
    };
    return (version, n, t, routeTimeoutMs) => {
        const limit = Math.min(model.timeoutMs ?? Number.POSITIVE_INFINITY, routeTimeoutMs ?? Number.POSITIVE_INFINITY);
        const table = tableOf(version, limit);
        const classes = [];
        const abandoned = (0,sampling/* binomial */.QV)(random, n, model.abandonedShare ?? 0);
        const late = (0,sampling/* binomial */.QV)(random, n - abandoned, table.late);
        const rest = n - abandoned - late;
        const bad = (0,sampling/* binomial */.QV)(random, rest, (0,traffic/* errorShare */.s3)(model, version, t));
        const add = (count, kind, code) => {
            if (count === 0)
                return;
            const spread = (0,sampling/* split */.lD)(random, count, table.within, new Float64Array(bucketCount));
            const answer = answerOf(code, grpc);
            classes.push({
                n: count,
                caller: answer,
                pod: answer,
                kind,
                podKind: kind,
                callerSpread: spread,
                podSpread: spread,
            });
        };
        mix(random, bad, version.badCodes ?? [{ code: grpc ? '13' : '500', weight: 1 }], (k, code) => add(k, 'bad', code));
        mix(random, rest - bad, version.goodCodes ?? [{ code: grpc ? '0' : '200', weight: 1 }], (k, code) => add(k, 'good', code));
        if (abandoned > 0)
            classes.push(abandonedClass(abandoned, version.latency.medianMs, grpc));
        if (late > 0)
            classes.push(...lateClasses(random, model, version, { late, limit, t }, table));
        return classes;
    };
}
function latencyTables(version, limit) {
    const within = (0,simulation_latency/* bucketShares */.tJ)(version.latency, limit);
    const all = (0,simulation_latency/* bucketShares */.tJ)(version.latency, Number.POSITIVE_INFINITY);
    return {
        late: limit === Number.POSITIVE_INFINITY ? 0 : 1 - (0,simulation_latency/* shareWithin */.Ff)(version.latency, limit),
        within,
        beyond: all.map((share, index) => Math.max(0, share - within[index])),
    };
}
function mix(random, n, codes, add) {
    if (n === 0)
        return;
    const parts = (0,sampling/* split */.lD)(random, n, codes.map((entry) => entry.weight), new Array(codes.length).fill(0));
    for (const [index, entry] of codes.entries())
        add(parts[index] ?? 0, entry.code);
}
/** answerOf labels an answer that the app gave: a gRPC status travels in a 200. */
function answerOf(code, grpc) {
    return grpc ? { code: '200', flag: '-', grpcStatus: code } : { code, flag: '-', grpcStatus: '' };
}
/** proxyAnswer labels an answer that a proxy gave itself: to a gRPC caller a 200 with status 14. */
function proxyAnswer(code, flag, grpc) {
    return grpc ? { code: '200', flag, grpcStatus: '14' } : { code, flag, grpcStatus: '' };
}
function abandonedClass(n, ms, grpc) {
    const answer = { code: '0', flag: 'DC', grpcStatus: grpc ? '1' : '' };
    const spread = spreadIn(n, ms);
    return {
        n,
        caller: answer,
        pod: answer,
        kind: 'abandoned',
        podKind: 'abandoned',
        callerSpread: spread,
        podSpread: spread,
    };
}
function lateClasses(random, model, version, at, table) {
    const grpc = model.protocol === 'grpc';
    const caller = proxyAnswer('504', 'UT', grpc);
    const late = (n, pod, podKind, podSpread) => ({
        n,
        caller,
        pod,
        kind: 'bad',
        podKind,
        callerSpread: spreadIn(n, at.limit),
        podSpread,
    });
    if ((model.afterTimeout ?? 'reset') === 'reset') {
        const reset = { code: '0', flag: 'DC', grpcStatus: grpc ? '1' : '' };
        return [late(at.late, reset, 'abandoned', spreadIn(at.late, at.limit))];
    }
    const bad = (0,sampling/* binomial */.QV)(random, at.late, (0,traffic/* errorShare */.s3)(model, version, at.t));
    const later = (n) => (0,sampling/* split */.lD)(random, n, table.beyond, new Float64Array(bucketCount));
    return [
        late(bad, answerOf(version.badCodes?.[0]?.code ?? (grpc ? '13' : '500'), grpc), 'bad', later(bad)),
        late(at.late - bad, answerOf(version.goodCodes?.[0]?.code ?? (grpc ? '0' : '200'), grpc), 'good', later(at.late - bad)),
    ].filter((entry) => entry.n > 0);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/config/config-view.js

const defaultPropagation = {
    debounceMs: 100,
    debounceMaxMs: 10_000,
    configMs: [1000, 3000],
    endpointMs: [0, 400],
};
const configKinds = ['VirtualService', 'DestinationRule', 'Service', 'Pod'];
/**
 * createControlPlane makes the path of config from the store to the proxies. Changes of one kind reach a proxy
 * in their order; between the kinds there is none, so that a route can arrive before the subset it names,
 * however close they were written.
 */
function createControlPlane(store, now, propagation, onPush = () => { }) {
    const views = new Set();
    const batches = {
        config: { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY },
        endpoints: { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY },
    };
    const unsubscribe = store.subscribe((change) => {
        const kind = configKinds.find((name) => name === change.object.kind);
        if (kind === undefined || !matters(kind, change))
            return;
        const path = isConfig(kind) ? 'config' : 'endpoints';
        batches[path] = extended(batches[path], now(), propagation);
        onPush(kind, change.type, propagation.debounceMs + propagation[isConfig(kind) ? 'configMs' : 'endpointMs'][1]);
        const object = change.type === 'deleted' ? null : change.object;
        for (const view of views)
            view.announce(kind, batches[path], config_view_keyOf(change.object), object);
    });
    return {
        view(random) {
            const view = createView(store, random, propagation);
            views.add(view);
            return view;
        },
        forget: (view) => {
            views.delete(view);
        },
        close: unsubscribe,
    };
}
function isConfig(kind) {
    return kind === 'VirtualService' || kind === 'DestinationRule';
}
/** matters tells whether proxies hear of a change: only what alters spec, labels of a Pod, or an endpoint. */
function matters(kind, change) {
    if (change.type !== 'modified' || change.before === null)
        return true;
    if (kind === 'Pod')
        return endpointText(change.before) !== endpointText(change.object);
    return JSON.stringify(change.before.spec) !== JSON.stringify(change.object.spec);
}
function endpointText(object) {
    const pod = pod_podOf(object);
    return pod === null ? '' : JSON.stringify([pod.ip, pod.ready, pod.labels, pod.uid]);
}
function extended(batch, at, propagation) {
    const open = at <= batch.last + propagation.debounceMs && at < batch.first + propagation.debounceMaxMs;
    if (!open)
        return { first: at, last: at };
    batch.last = at;
    return batch;
}
function config_view_keyOf(object) {
    return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
function createQueue(propagation) {
    const waiting = [];
    let latest = 0;
    const next = () => {
        const [head] = waiting;
        if (head === undefined)
            return Number.POSITIVE_INFINITY;
        const { first, last } = head.batch;
        const push = Math.min(last + propagation.debounceMs, first + propagation.debounceMaxMs);
        return Math.max(latest, push + head.delay);
    };
    return {
        add: (pending) => waiting.push(pending),
        next,
        take(time) {
            const arrival = next();
            if (arrival > time)
                return null;
            latest = arrival;
            return waiting.shift() ?? null;
        },
    };
}
function createView(store, random, propagation) {
    const shelves = {
        VirtualService: new Map(),
        DestinationRule: new Map(),
        Service: new Map(),
    };
    const pods = new Map();
    const queues = new Map(configKinds.map((kind) => [kind, createQueue(propagation)]));
    let version = 0;
    const place = (kind, key, object) => {
        version += 1;
        const pod = kind === 'Pod' && object !== null ? pod_podOf(object) : null;
        if (kind === 'Pod')
            config_view_put(pods, key, pod);
        else
            config_view_put(shelves[kind], key, object);
    };
    for (const kind of configKinds) {
        for (const object of store.list(kind))
            place(kind, config_view_keyOf(object), object);
    }
    return {
        virtualServices: shelves.VirtualService,
        destinationRules: shelves.DestinationRule,
        services: shelves.Service,
        pods,
        version: () => version,
        nextArrival: () => Math.min(...[...queues.values()].map((queue) => queue.next())),
        applyUntil(time) {
            for (const [kind, queue] of queues) {
                for (let one = queue.take(time); one !== null; one = queue.take(time))
                    place(kind, one.key, one.object);
            }
        },
        announce(kind, batch, key, object) {
            const [from, to] = isConfig(kind) ? propagation.configMs : propagation.endpointMs;
            queues.get(kind)?.add({ batch, delay: from + (to - from) * random.next(), key, object });
        },
    };
}
function config_view_put(shelf, key, object) {
    if (object === null)
        shelf.delete(key);
    else
        shelf.set(key, object);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/proxies/telemetry.js

const unknown = 'unknown';
/**
 * requestLabels gives the labels of `istio_requests_total` as one reporter fills them. `destination` null: the
 * request reached no endpoint, so that all destination labels are `unknown` (the revision `latest`). Without a
 * cluster a sidecar names the host that was asked for, a gateway `unknown`.
 */
function requestLabels(request) {
    const { reporter, source, destination, service, answer } = request;
    const mutual = reporter === 'destination' ? 'mutual_tls' : unknown;
    return {
        reporter,
        ...peerLabels('source', source),
        ...peerLabels('destination', destination),
        destination_service: service?.host ?? request.fallbackHost,
        destination_service_name: service?.name ?? unknown,
        destination_service_namespace: service?.namespace ?? unknown,
        request_protocol: request.protocol,
        request_operation: request.operation ?? '',
        response_code: answer.code,
        grpc_response_status: answer.grpcStatus,
        response_flags: answer.flag,
        connection_security_policy: mutual,
    };
}
/** peerLabels: an endpoint without a proxy is known by its workload only, as no metadata is exchanged with it. */
function peerLabels(side, peer) {
    const known = peer?.injected === true;
    return {
        [`${side}_workload`]: peer?.workload ?? unknown,
        [`${side}_workload_namespace`]: peer?.namespace ?? unknown,
        [`${side}_principal`]: known
            ? `spiffe://cluster.local/ns/${peer.namespace}/sa/${peer.serviceAccount}`
            : unknown,
        [`${side}_app`]: (known ? peer.labels['app'] : undefined) ?? unknown,
        [`${side}_version`]: (known ? peer.labels['version'] : undefined) ?? unknown,
        [`${side}_canonical_service`]: peer === null ? unknown : canonicalName(peer),
        [`${side}_canonical_revision`]: peer === null ? 'latest' : canonicalRevision(peer.labels),
        [`${side}_cluster`]: peer === null ? unknown : 'Kubernetes',
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/flow.js





/** createFlow makes the way of requests from a caller's proxy to their answers, counted on both sides. */
function createFlow(parts) {
    const { random, truth, model } = parts;
    return (proxy, n, t) => {
        truth.sent(n);
        const chosen = proxy.choose(random, n);
        const amounts = [...chosen];
        for (const [index, leg] of proxy.legs().entries()) {
            const amount = amounts[index] ?? 0;
            if (leg.outcome.kind === 'local')
                countLocal(parts, proxy, leg, amount);
            else {
                const perSecond = (0,traffic/* arrivalRate */.UJ)(model.rate, t) * proxy.who.share * leg.share;
                loseInFlight(parts, proxy, leg.outcome, perSecond);
                if (amount > 0)
                    sendUpstream(parts, proxy, leg.outcome, amount, t);
            }
        }
    };
}
function countLocal(parts, proxy, leg, n) {
    if (n === 0 || leg.outcome.kind !== 'local')
        return;
    const { code, flag, service, host } = leg.outcome;
    const grpc = parts.model.protocol === 'grpc';
    const failed = flag !== '-';
    const answer = failed ? proxyAnswer(code, flag, grpc) : { code, flag, grpcStatus: '' };
    const fallback = proxy.who.caller.through === 'gateway' ? 'unknown' : host;
    if (failed)
        parts.truth.unreached(flag, n);
    countAtCaller(parts, proxy, { service, destination: null, fallback }, answer, n, spreadIn(n, 0.4));
}
/** sendUpstream spreads requests evenly over the endpoints that the proxy knows, dead ones included. */
function sendUpstream(parts, proxy, reach, n, t) {
    const living = reach.pods.filter((pod) => parts.fleet.pod(pod.uid)?.serving === true);
    if (living.length === 0) {
        failToConnect(parts, proxy, reach, n);
        return;
    }
    // A connection that is refused is tried again on another endpoint: the default policy hides it from callers.
    const amounts = (0,sampling/* split */.lD)(parts.random, n, new Array(living.length).fill(1), new Array(living.length));
    for (const [index, pod] of living.entries()) {
        const amount = amounts[index] ?? 0;
        if (amount > 0)
            answer(parts, proxy, reach, pod, amount, t);
    }
    for (const mirror of reach.mirrors)
        mirrorTo(parts, proxy, reach, mirror, n, t);
}
function answer(parts, proxy, reach, pod, n, t) {
    const version = pod.labels['version'] ?? 'unknown';
    for (const { name, model, amount } of operationsOf(parts, version, n)) {
        for (const group of parts.answers(model, amount, t, reach.timeoutMs)) {
            parts.truth.answered('callers', version, group.n, group.kind);
            const to = { service: reach.service, destination: pod, fallback: '', operation: name };
            countAtCaller(parts, proxy, to, group.caller, group.n, group.callerSpread);
            countAtPod(parts, proxy, reach, pod, group, name);
        }
    }
}
/** operationsOf shares requests out among the operations; all of them are one where the model has none. */
function operationsOf(parts, version, n) {
    const usual = (0,traffic/* versionModel */.Mj)(parts.model, version);
    const { operations } = parts.model;
    if (operations === undefined)
        return [{ name: '', model: usual, amount: n }];
    const weights = operations.map(({ share }) => share);
    const amounts = (0,sampling/* split */.lD)(parts.random, n, weights, new Array(weights.length).fill(0));
    return operations
        .map(({ name, versions }, index) => ({
        name,
        model: versions?.[version] ?? usual,
        amount: amounts[index] ?? 0,
    }))
        .filter(({ amount }) => amount > 0);
}
function mirrorTo(parts, proxy, reach, mirror, n, t) {
    const count = (0,sampling/* binomial */.QV)(parts.random, n, mirror.share);
    const amounts = evenly(parts.random, count, mirror.pods.length);
    for (const [index, pod] of mirror.pods.entries()) {
        const amount = amounts[index] ?? 0;
        if (amount === 0 || parts.fleet.pod(pod.uid)?.serving !== true)
            continue;
        const version = (0,traffic/* versionModel */.Mj)(parts.model, pod.labels['version'] ?? 'unknown');
        for (const group of parts.answers(version, amount, t, null))
            countAtPod(parts, proxy, reach, pod, group);
    }
}
/** loseInFlight fails what was under way to a pod whose app ended: 503 UC, once for each proxy and death. */
function loseInFlight(parts, proxy, reach, perSecond) {
    for (const pod of reach.pods) {
        if (!parts.fleet.mourn(pod.uid, proxy))
            continue;
        const version = pod.labels['version'] ?? 'unknown';
        const latency = (0,simulation_latency/* meanLatency */.cm)((0,traffic/* versionModel */.Mj)(parts.model, version).latency);
        const n = (0,sampling/* poisson */.Sm)(parts.random, (perSecond / reach.pods.length) * (latency / 1000));
        parts.truth.sent(n);
        parts.truth.answered('callers', version, n, 'bad');
        const reset = proxyAnswer('503', 'UC', parts.model.protocol === 'grpc');
        countAtCaller(parts, proxy, { service: reach.service, destination: pod, fallback: '' }, reset, n, spreadIn(n, latency));
    }
}
/** failToConnect: no endpoint that the proxy knows answers, so that every attempt fails. */
function failToConnect(parts, proxy, reach, n) {
    const amounts = evenly(parts.random, n, reach.pods.length);
    for (const [index, pod] of reach.pods.entries()) {
        const amount = amounts[index] ?? 0;
        // Without a connection no metadata is exchanged: the pod is known by its workload only.
        const destination = { ...pod, injected: false };
        parts.truth.answered('callers', pod.labels['version'] ?? 'unknown', amount, 'bad');
        const refused = proxyAnswer('503', 'UF,URX', parts.model.protocol === 'grpc');
        countAtCaller(parts, proxy, { service: reach.service, destination, fallback: '' }, refused, amount, spreadIn(amount, 60));
    }
}
function countAtCaller(parts, proxy, to, answer, n, spread) {
    if (n === 0)
        return;
    const { destination } = to;
    parts.onAnswer(answer, destination);
    const place = destination === null ? '-' : `${placeOf(destination)}/${destination.injected}`;
    const { operation = '' } = to;
    const key = `s|${place}|${to.service?.host ?? to.fallback}|${answer.code}|${answer.flag}|${answer.grpcStatus}|${operation}`;
    const labels = () => requestLabels({
        reporter: 'source',
        source: proxy.who.pod,
        destination,
        service: to.service,
        fallbackHost: to.fallback,
        answer,
        protocol: parts.model.protocol ?? 'http',
        operation,
    });
    proxy.metrics.record(key, labels, n, spread);
}
function countAtPod(parts, proxy, reach, pod, group, operation = '') {
    const actual = parts.fleet.pod(pod.uid);
    parts.truth.answered('pods', pod.labels['version'] ?? 'unknown', group.n, group.podKind);
    if (actual === null || !actual.injected)
        return;
    const { pod: answer } = group;
    const key = `d|${placeOf(proxy.who.pod)}|${reach.service.host}|${answer.code}|${answer.flag}|${answer.grpcStatus}|${operation}`;
    const labels = () => requestLabels({
        reporter: 'destination',
        source: proxy.who.pod,
        destination: actual,
        service: reach.service,
        fallbackHost: '',
        answer,
        protocol: parts.model.protocol ?? 'http',
        operation,
    });
    parts.fleet.metrics(actual).record(key, labels, group.n, group.podSpread);
}
function placeOf(pod) {
    return `${pod.namespace}/${pod.workload}/${pod.labels['version'] ?? ''}`;
}
function evenly(random, n, parts) {
    return (0,sampling/* split */.lD)(random, n, new Array(parts).fill(1), new Array(parts).fill(0));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/proxies/proxy-metrics.js

const bucketNames = simulation_latency/* latencyBounds */.C8.map((bound) => (Number.isFinite(bound) ? String(bound) : '+Inf'));
/** createProxyMetrics makes the counters of a proxy that started at `startedAt` (ms since the epoch). */
function createProxyMetrics(component, tag, startedAt) {
    const byKey = new Map();
    const samples = [
        { labels: { __name__: 'process_start_time_seconds' }, value: startedAt / 1000 },
        { labels: { __name__: 'istio_build', component, tag }, value: 1 },
    ];
    return {
        record(key, labels, n, spread) {
            if (n === 0)
                return;
            let series = byKey.get(key);
            if (series === undefined) {
                series = newSeries(labels());
                byKey.set(key, series);
                samples.push(series.total, ...series.buckets, series.sum, series.count);
            }
            series.total.value += n;
            series.count.value += n;
            let cumulative = 0;
            for (let index = 0; index < series.buckets.length; index += 1) {
                const part = spread[index] ?? 0;
                cumulative += part;
                const bucket = series.buckets[index];
                bucket.value += cumulative;
                series.sum.value += part * simulation_latency/* bucketTimes */.L8[index];
            }
        },
        samples: () => samples,
    };
}
function newSeries(labels) {
    const present = Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
    const histogram = 'istio_request_duration_milliseconds';
    return {
        total: { labels: { __name__: 'istio_requests_total', ...present }, value: 0 },
        buckets: bucketNames.map((le) => ({
            labels: { __name__: `${histogram}_bucket`, ...present, le },
            value: 0,
        })),
        sum: { labels: { __name__: `${histogram}_sum`, ...present }, value: 0 },
        count: { labels: { __name__: `${histogram}_count`, ...present }, value: 0 },
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/istiod.js

/** Upper bounds of `pilot_proxy_convergence_time` in seconds. */
const convergenceBounds = ['0.1', '0.5', '1', '3', '5', '10', '20', '30', '+Inf'];
const pushTypes = {
    VirtualService: 'rds',
    DestinationRule: 'cds',
    Service: 'cds',
    Pod: 'eds',
};
/** createIstiod makes the page with the few `pilot_*` metrics that say whether config was pushed. */
function createIstiod(tag, now) {
    const base = createProxyMetrics('pilot', tag, now()).samples();
    const counters = new Map();
    const add = (labels, n) => {
        const key = JSON.stringify(labels);
        const counter = counters.get(key);
        if (counter === undefined)
            counters.set(key, { labels, value: n });
        else
            counter.value += n;
    };
    for (const type of new Set(Object.values(pushTypes))) {
        add({ __name__: 'pilot_xds_pushes', type }, 0);
        add({ __name__: 'pilot_total_xds_rejects', type }, 0);
    }
    const observe = (seconds) => {
        for (const le of convergenceBounds) {
            add({ __name__: 'pilot_proxy_convergence_time_bucket', le }, seconds <= Number(le.replace('+Inf', 'Infinity')) ? 1 : 0);
        }
        add({ __name__: 'pilot_proxy_convergence_time_sum' }, seconds);
        add({ __name__: 'pilot_proxy_convergence_time_count' }, 1);
    };
    return {
        pushed(kind, type, delayMs) {
            const event = type === 'added' ? 'add' : type === 'deleted' ? 'delete' : 'update';
            add({ __name__: 'pilot_k8s_cfg_events', type: kind, event }, 1);
            add({ __name__: 'pilot_xds_pushes', type: pushTypes[kind] }, 1);
            observe(delayMs / 1000);
        },
        target: {
            labels: { job: 'istiod', instance: '10.244.0.2:15014', namespace: 'istio-system', pod: 'istiod' },
            scrape: () => [...base, ...counters.values()],
        },
    };
}

// EXTERNAL MODULE: ./.build/lib/release/text/duration.js
var duration = __webpack_require__(1548);
;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/config/hosts.js

/** fqdnOf expands a host as Istio does: only a name without any dot gets the namespace of its object. */
function fqdnOf(host, namespace, clusterDomain) {
    const plain = host.toLowerCase();
    return plain === '*' || plain.includes('.') ? plain : `${plain}.${namespace}.svc.${clusterDomain}`;
}
/** specificity tells how exactly `pattern` names `host`: Infinity for the host itself, -1 for no match. */
function specificity(pattern, host) {
    if (pattern === host)
        return Number.POSITIVE_INFINITY;
    if (!pattern.startsWith('*'))
        return -1;
    const tail = pattern.slice(1);
    return host.endsWith(tail) && host.length > tail.length ? tail.length : -1;
}
/** strings gives a list of strings of a spec; others are left out. */
function strings(value) {
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
/** olderFirst sorts by creation, then name, then namespace: Istio's order of config. */
function olderFirst(a, b) {
    const born = (object) => object.metadata.creationTimestamp ?? '';
    return (compare(born(a), born(b)) ||
        compare(a.metadata.name, b.metadata.name) ||
        compare(a.metadata.namespace ?? '', b.metadata.namespace ?? ''));
}
function compare(a, b) {
    return a < b ? -1 : a > b ? 1 : 0;
}
/** exportedTo says how an object is exported to a namespace: 0 privately, 1 by name, 2 publicly; -1 not at all. */
function exportedTo(object, namespace) {
    const exportTo = strings(toRecord(object.spec).exportTo);
    const own = object.metadata.namespace === namespace;
    if (exportTo.length === 0 || exportTo.includes('*'))
        return 2;
    if (own && exportTo.includes('.'))
        return 0;
    return exportTo.includes(namespace) ? 1 : -1;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/config/subsets.js


/**
 * subsetsOf gives the subsets of a host as one client sees them, labels by name. The first namespace that has a
 * rule wins whole: the client's, the Service's, the root. In it the most specific host wins; several rules for
 * that host and with the same exportTo are merged, the older one's subset of a name wins. With different
 * exportTo the newest rule wins. A rule with a workloadSelector that fits the client beats the general ones.
 */
function subsetsOf(rules, lookup) {
    const all = [...rules].filter((rule) => specificity(hostOf(rule, lookup), lookup.host) >= 0);
    for (const namespace of [lookup.clientNamespace, lookup.serviceNamespace, lookup.rootNamespace]) {
        const here = all.filter((rule) => rule.metadata.namespace === namespace && exportedTo(rule, lookup.clientNamespace) >= 0);
        const winner = winnersIn(here, lookup);
        if (winner !== null)
            return winner;
    }
    return new Map();
}
function hostOf(rule, lookup) {
    return fqdnOf(String(toRecord(rule.spec).host ?? ''), rule.metadata.namespace ?? '', lookup.clusterDomain);
}
function winnersIn(rules, lookup) {
    if (rules.length === 0)
        return null;
    const best = Math.max(...rules.map((rule) => specificity(hostOf(rule, lookup), lookup.host)));
    const exact = rules
        .filter((rule) => specificity(hostOf(rule, lookup), lookup.host) === best)
        .sort(olderFirst);
    const selected = exact.find((rule) => {
        const wanted = subsets_selectorOf(rule);
        return (wanted !== null &&
            rule.metadata.namespace === lookup.clientNamespace &&
            isSubsetOf(wanted, lookup.clientLabels));
    });
    if (selected !== undefined)
        return merged([selected]);
    const general = exact.filter((rule) => subsets_selectorOf(rule) === null);
    const newest = general.at(-1);
    if (newest === undefined)
        return null;
    const exported = exportKey(newest);
    return merged(general.filter((rule) => exportKey(rule) === exported));
}
function subsets_selectorOf(rule) {
    const selector = toRecord(rule.spec).workloadSelector;
    return selector === undefined ? null : subsetLabels(toRecord(selector).matchLabels);
}
function exportKey(rule) {
    const list = strings(toRecord(rule.spec).exportTo);
    return list.length === 0 ? '*' : [...list].sort().join();
}
function merged(rules) {
    const subsets = new Map();
    for (const rule of rules) {
        for (const subset of records(toRecord(rule.spec).subsets)) {
            const name = String(subset.name ?? '');
            if (!subsets.has(name))
                subsets.set(name, subsetLabels(subset.labels));
        }
    }
    return subsets;
}
/** subsetLabels reads a map of labels. */
function subsetLabels(value) {
    const labels = {};
    const source = toRecord(value);
    for (const [key, text] of Object.entries(source))
        if (typeof text === 'string')
            labels[key] = text;
    return labels;
}
/** isSubsetOf tells whether `labels` has all of `wanted`; an empty `wanted` fits everything. */
function isSubsetOf(wanted, labels) {
    return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/config/route-match.js



/** matches tells whether an HTTP rule takes a request: any of its matches does, or it has none. */
function matches(rule, request, namespace) {
    const list = records(rule.match);
    return list.length === 0 || list.some((match) => matchesOne(match, request, namespace));
}
/** isCatchAll tells whether a rule takes every request. */
function isCatchAll(rule) {
    const list = records(rule.match);
    return list.length === 0 || list.some(takesAll);
}
function takesAll(match) {
    const keys = Object.keys(match).filter((key) => key !== 'name');
    return keys.length === 0 || (keys.length === 1 && toRecord(match.uri).prefix === '/');
}
/** gatewayName completes a gateway's name with the namespace of the object that names it. */
function gatewayName(name, namespace) {
    if (name === 'mesh')
        return name;
    return name.includes('/') ? name.replace(/^\.\//, `${namespace}/`) : `${namespace}/${name}`;
}
function matchesOne(match, request, namespace) {
    const [path = '', search = ''] = request.path.split('?', 2);
    const gateways = strings(match.gateways);
    if (gateways.length > 0 && !gateways.some((name) => gatewayName(name, namespace) === request.gateway)) {
        return false;
    }
    if (match.port !== undefined && request.port !== null && match.port !== request.port)
        return false;
    if (match.sourceNamespace !== undefined && match.sourceNamespace !== request.sourceNamespace)
        return false;
    if (!isSubsetOf(subsetLabels(match.sourceLabels), request.sourceLabels))
        return false;
    return (textFits(match.uri, path, match.ignoreUriCase === true) &&
        textFits(match.method, request.method, false) &&
        textFits(match.scheme, 'http', false) &&
        textFits(match.authority, request.host, false) &&
        headersFit(match, request) &&
        queryFits(toRecord(match.queryParams), new URLSearchParams(search)));
}
function headersFit(match, request) {
    for (const [name, matcher] of Object.entries(toRecord(match.headers))) {
        if (!valueFits(matcher, request.headers[name.toLowerCase()]))
            return false;
    }
    for (const [name, matcher] of Object.entries(toRecord(match.withoutHeaders))) {
        if (valueFits(matcher, request.headers[name.toLowerCase()]))
            return false;
    }
    return true;
}
function queryFits(wanted, given) {
    return Object.entries(wanted).every(([name, matcher]) => valueFits(matcher, given.get(name) ?? undefined));
}
/** valueFits tests a value that may be missing; an empty matcher asks only that it is there. */
function valueFits(matcher, value) {
    return value !== undefined && textFits(matcher, value, false);
}
function textFits(matcher, value, ignoreCase) {
    if (matcher === undefined || matcher === null)
        return true;
    const { exact, prefix, regex } = toRecord(matcher);
    const fold = (text) => (ignoreCase ? text.toLowerCase() : text);
    if (typeof exact === 'string')
        return fold(value) === fold(exact);
    if (typeof prefix === 'string')
        return fold(value).startsWith(fold(prefix));
    if (typeof regex === 'string')
        return new RegExp(`^(?:${regex})$`).test(value);
    return true;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/config/route-choice.js



/** chooseRule finds the rule for a request as Istio's generated config does. */
function chooseRule(virtualServices, request, clusterDomain) {
    const all = [...virtualServices];
    const rules = request.gateway === 'mesh' ? sidecarRules(all, request, clusterDomain) : gatewayRules(all, request);
    if (rules === null)
        return request.gateway === 'mesh' ? 'unrouted' : 'none';
    const resolved = rules.flatMap((entry) => withDelegate(all, entry));
    return resolved.find((entry) => matches(entry.rule, request, entry.namespace)) ?? 'none';
}
/**
 * sidecarRules gives the rules of the one VirtualService that wins the host: private ones first, then those
 * exported by name, then public ones, each by age; an exact host before a wildcard. Sidecars merge nothing.
 */
function sidecarRules(all, request, clusterDomain) {
    let best = null;
    for (const object of [...all].sort(olderFirst)) {
        const namespace = object.metadata.namespace ?? '';
        const rank = exportedTo(object, request.sourceNamespace);
        if (rank < 0 || !gatewaysOf(object).includes('mesh'))
            continue;
        const exactness = Math.max(...routeHosts(object).map((host) => specificity(fqdnOf(host, namespace, clusterDomain), request.host)), -1);
        if (exactness < 0)
            continue;
        if (best === null || exactness > best.exactness || (exactness === best.exactness && rank < best.rank)) {
            best = { object, exactness, rank };
        }
    }
    return best === null ? null : rulesOf(best.object);
}
/**
 * gatewayRules appends the rules of every VirtualService of the gateway for the host, the oldest first, with
 * catch-all rules moved to the end. Only the most specific host that fits counts.
 */
function gatewayRules(all, request) {
    const fitting = all
        .filter((object) => gatewaysOf(object).includes(request.gateway) && exportedTo(object, request.sourceNamespace) >= 0)
        .map((object) => ({
        object,
        exactness: Math.max(...routeHosts(object).map((host) => specificity(host.toLowerCase(), request.host)), -1),
    }))
        .filter((entry) => entry.exactness >= 0);
    if (fitting.length === 0)
        return null;
    const best = Math.max(...fitting.map((entry) => entry.exactness));
    const rules = fitting
        .filter((entry) => entry.exactness === best)
        .map((entry) => entry.object)
        .sort(olderFirst)
        .flatMap(rulesOf);
    return [
        ...rules.filter((entry) => !isCatchAll(entry.rule)),
        ...rules.filter((entry) => isCatchAll(entry.rule)),
    ];
}
/** gatewaysOf gives an object's gateways as `namespace/name`; none named means the mesh. */
function gatewaysOf(object) {
    const names = strings(toRecord(object.spec).gateways);
    if (names.length === 0)
        return routeHosts(object).length === 0 ? [] : ['mesh'];
    return names.map((name) => gatewayName(name, object.metadata.namespace ?? ''));
}
function routeHosts(object) {
    return strings(toRecord(object.spec).hosts);
}
function rulesOf(object) {
    const namespace = object.metadata.namespace ?? '';
    return records(toRecord(object.spec).http).map((rule) => ({ rule, namespace }));
}
/** withDelegate puts a delegate's rules in the place of a rule that names it, bound to the root's matches. */
function withDelegate(all, entry) {
    if (entry.rule.delegate === undefined)
        return [entry];
    const wanted = toRecord(entry.rule.delegate);
    const namespace = typeof wanted.namespace === 'string' ? wanted.namespace : entry.namespace;
    const delegate = all.find((object) => object.metadata.name === wanted.name &&
        object.metadata.namespace === namespace &&
        routeHosts(object).length === 0);
    if (delegate === undefined)
        return [];
    const { delegate: _delegate, match, ...root } = entry.rule;
    return rulesOf(delegate).flatMap(({ rule }) => mergedMatches(records(match), records(rule.match)).map((merged) => ({
        rule: { ...root, ...rule, ...(merged === null ? {} : { match: [merged] }) },
        namespace,
    })));
}
function mergedMatches(outer, inner) {
    if (outer.length === 0 && inner.length === 0)
        return [null];
    if (outer.length === 0)
        return inner;
    if (inner.length === 0)
        return outer;
    return outer.flatMap((left) => inner.map((right) => ({ ...left, ...right })));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/config/plan.js





/**
 * legsOf says where one sort of request goes, given what its proxy knows. A destination whose weight is
 * omitted or 0 gets nothing where there are several, all where it is alone.
 */
function legsOf(view, request, context) {
    const choice = chooseRule(view.virtualServices.values(), request, context.clusterDomain);
    if (choice === 'none')
        return [local(request, '404', 'NR', null)];
    if (choice === 'unrouted') {
        return [
            { share: 1, outcome: outcomeOf(view, request, { host: request.host }, request.host, context, {}) },
        ];
    }
    const { rule, namespace } = choice;
    if (rule.redirect !== undefined) {
        return [local(request, String(toRecord(rule.redirect).redirectCode ?? 301), '-', null)];
    }
    if (rule.directResponse !== undefined) {
        return [local(request, String(toRecord(rule.directResponse).status ?? 200), '-', null)];
    }
    return withFault(rule, request, routedLegs(view, request, rule, namespace, context));
}
function routedLegs(view, request, rule, namespace, context) {
    const routes = records(rule.route);
    const weights = routes.map((route) => (routes.length === 1 ? 1 : Number(route.weight ?? 0)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return routes.flatMap((route, index) => {
        const weight = weights[index];
        if (weight <= 0)
            return [];
        const destination = toRecord(route.destination);
        const host = fqdnOf(String(destination.host ?? ''), namespace, context.clusterDomain);
        return [
            { share: weight / sum, outcome: outcomeOf(view, request, destination, host, context, rule, namespace) },
        ];
    });
}
function outcomeOf(view, request, destination, host, context, rule, namespace = '') {
    const cluster = clusterOf(view, request, host, destination.subset, context);
    if (cluster === null)
        return local(request, '503', 'NC', null).outcome;
    if (cluster.pods.length === 0)
        return local(request, '503', 'UH', cluster.service).outcome;
    const timeout = typeof rule.timeout === 'string' ? (0,duration/* parseDuration */.E)(rule.timeout) : null;
    return {
        kind: 'upstream',
        ...cluster,
        timeoutMs: timeout,
        mirrors: mirrorsOf(view, request, rule, namespace, context),
    };
}
/** clusterOf finds a service's or subset's ready endpoints; null where the proxy has no such cluster. */
function clusterOf(view, request, host, subset, context) {
    const object = serviceOf(view, host, context.clusterDomain);
    if (object === null)
        return null;
    const namespace = object.metadata.namespace ?? '';
    const service = { host, name: object.metadata.name, namespace };
    const selector = subsetLabels(toRecord(object.spec).selector);
    if (Object.keys(selector).length === 0)
        return { service, pods: [] };
    let wanted = {};
    if (typeof subset === 'string' && subset !== '') {
        const found = subsetsOf(view.destinationRules.values(), {
            host,
            clientNamespace: request.sourceNamespace,
            clientLabels: request.sourceLabels,
            serviceNamespace: namespace,
            rootNamespace: context.rootNamespace,
            clusterDomain: context.clusterDomain,
        }).get(subset);
        if (found === undefined)
            return null;
        wanted = found;
    }
    const pods = [...view.pods.values()].filter((pod) => pod.namespace === namespace &&
        pod.ready &&
        isSubsetOf(selector, pod.labels) &&
        isSubsetOf(wanted, pod.labels));
    return { service, pods };
}
function serviceOf(view, host, clusterDomain) {
    const tail = `.svc.${clusterDomain}`;
    if (!host.endsWith(tail))
        return null;
    const [name, namespace, ...rest] = host.slice(0, -tail.length).split('.');
    return rest.length > 0 ? null : (view.services.get(`${namespace}/${name}`) ?? null);
}
function mirrorsOf(view, request, rule, namespace, context) {
    const single = rule.mirror === undefined ? [] : [{ destination: rule.mirror, percentage: percentOf(rule) }];
    return [...single, ...records(rule.mirrors)].flatMap((mirror) => {
        const destination = toRecord(mirror.destination);
        const host = fqdnOf(String(destination.host ?? ''), namespace, context.clusterDomain);
        const cluster = clusterOf(view, request, host, destination.subset, context);
        const share = Number(toRecord(mirror.percentage).value ?? 100) / 100;
        return cluster === null || cluster.pods.length === 0 || share <= 0 ? [] : [{ share, pods: cluster.pods }];
    });
}
function percentOf(rule) {
    if (rule.mirrorPercentage !== undefined)
        return toRecord(rule.mirrorPercentage);
    const whole = rule.mirrorPercent ?? rule.mirror_percent;
    return whole === undefined ? {} : { value: whole };
}
/** withFault lets a rule's fault abort its share before the requests leave the proxy. */
function withFault(rule, request, legs) {
    const abort = toRecord(toRecord(rule.fault).abort);
    if (abort.httpStatus === undefined)
        return legs;
    const share = Number(toRecord(abort.percentage).value ?? 100) / 100;
    const aborted = local(request, String(abort.httpStatus), 'FI', null);
    return [{ ...aborted, share }, ...legs.map((leg) => ({ ...leg, share: leg.share * (1 - share) }))].filter((leg) => leg.share > 0);
}
function local(request, code, flag, service) {
    return { share: 1, outcome: { kind: 'local', code, flag, service, host: request.host } };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/proxies/callers.js




/**
 * callerPods gives every pod that calls: those of the Deployment of the caller's name where there are ready
 * ones, else invented ones, which then exist for the mesh and for Prometheus only.
 */
function callerPods(pods, model) {
    const able = [...pods].filter((pod) => pod.ready && pod.injected);
    const sum = model.callers.reduce((total, caller) => total + caller.share, 0);
    return model.callers.flatMap((caller) => {
        const real = able.filter((pod) => pod.namespace === caller.namespace && pod.workload === caller.name);
        const chosen = real.length > 0 ? real : inventedPods(caller);
        return chosen.map((pod) => ({ caller, pod, share: caller.share / sum / chosen.length }));
    });
}
function inventedPods(caller) {
    const labels = { app: caller.name, version: 'v1', ...caller.labels };
    return Array.from({ length: caller.pods ?? 2 }, (_, index) => {
        const name = `${caller.name}-${(0,simulation_random/* hashText */.q)(caller.name, 7).toString(36)}-${index}`;
        const place = (0,simulation_random/* hashText */.q)(`${caller.namespace}/${name}`, 11);
        return {
            uid: `${caller.namespace}/${name}`,
            name,
            namespace: caller.namespace,
            ip: `10.244.${(place >>> 8) & 255}.${place & 255}`,
            labels,
            workload: caller.name,
            serviceAccount: 'default',
            ready: true,
            serving: true,
            restarts: 0,
            terminating: false,
            injected: true,
            incarnation: `${caller.namespace}/${name}#0`,
            proxyRunning: true,
        };
    });
}
/** requestsOf gives the sorts of requests that a caller makes, as its proxy sees them, with their shares. */
function requestsOf(caller, pod, view, service, context) {
    const shapes = caller.requests ?? [{ share: 1 }];
    const sum = shapes.reduce((total, shape) => total + shape.share, 0);
    const fqdn = `${service.name}.${service.namespace}.svc.${context.clusterDomain}`;
    const entry = caller.through === 'gateway' ? gatewayEntry(caller, view, fqdn, context) : null;
    const host = caller.host ?? entry?.host ?? fqdn;
    return shapes.map((shape) => ({
        share: shape.share / sum,
        request: {
            host: caller.through === 'sidecar' ? fqdnOf(host, caller.namespace, context.clusterDomain) : host,
            path: shape.path ?? '/',
            method: shape.method ?? 'GET',
            headers: shape.headers ?? {},
            port: caller.through === 'sidecar' ? service.port : null,
            sourceNamespace: caller.namespace,
            sourceLabels: pod.labels,
            gateway: caller.through === 'sidecar' ? 'mesh' : (caller.gateway ?? entry?.gateway ?? '*'),
        },
    }));
}
/** gatewayEntry finds where requests for the service enter: the oldest VirtualService of a gateway with a route to it. */
function gatewayEntry(caller, view, fqdn, context) {
    for (const object of [...view.virtualServices.values()].sort(olderFirst)) {
        const gateway = gatewaysOf(object).find((name) => name !== 'mesh' && (caller.gateway ?? name) === name);
        const host = caller.host ?? routeHosts(object).find((name) => !name.includes('*'));
        if (gateway === undefined || host === undefined || !leadsTo(object, fqdn, context))
            continue;
        return { host, gateway };
    }
    return null;
}
function leadsTo(object, fqdn, context) {
    const namespace = object.metadata.namespace ?? '';
    return records(toRecord(object.spec)['http']).some((rule) => rule['delegate'] !== undefined ||
        records(rule['route']).some((route) => {
            const host = toRecord(route['destination'])['host'];
            return typeof host === 'string' && fqdnOf(host, namespace, context.clusterDomain) === fqdn;
        }));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/proxies/caller-proxy.js



/** createCallerProxy makes a proxy whose routes are worked out anew only when its view changed. */
function createCallerProxy(who, view, metrics, service, context) {
    let known = -1;
    let legs = [];
    let shares = [];
    const parts = [];
    const refresh = () => {
        if (known === view.version())
            return;
        known = view.version();
        legs = requestsOf(who.caller, who.pod, view, service, context).flatMap(({ share, request }) => legsOf(view, request, context).map((leg) => ({ ...leg, share: leg.share * share })));
        shares = legs.map((leg) => leg.share);
    };
    return {
        who,
        view,
        metrics,
        legs() {
            refresh();
            return legs;
        },
        choose(random, n) {
            refresh();
            parts.length = legs.length;
            return (0,sampling/* split */.lD)(random, n, shares, parts);
        },
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/proxies/caller-fleet.js


/** createCallerFleet gives each calling pod a proxy with a view of the config of its own. */
function createCallerFleet(options, control, fleet, random) {
    const context = {
        clusterDomain: options.clusterDomain ?? 'cluster.local',
        rootNamespace: options.rootNamespace ?? 'istio-system',
    };
    const service = { ...options.service, port: options.service.port ?? null };
    const known = new Map();
    let proxies = [];
    let seen = -1;
    const refresh = () => {
        if (seen === fleet.version())
            return;
        seen = fleet.version();
        proxies = callerPods(fleet.pods(), options.model).map((who) => {
            const before = known.get(who.pod.incarnation);
            if (before !== undefined && before.who.share === who.share)
                return before;
            const view = before?.view ?? control.view(random.fork(`view/${who.pod.uid}`));
            return createCallerProxy(who, view, fleet.metrics(who.pod), service, context);
        });
        for (const [incarnation, proxy] of known) {
            if (!proxies.some((other) => other.view === proxy.view))
                control.forget(proxy.view);
            known.delete(incarnation);
        }
        for (const proxy of proxies)
            known.set(proxy.who.pod.incarnation, proxy);
    };
    refresh();
    return { luck: random.fork('arrivals'), refresh, proxies: () => proxies };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/proxies/pod-fleet.js


/** createPodFleet follows the store's pods. `tag` is the proxies' version. */
function createPodFleet(store, now, tag) {
    const pods = new Map();
    const adopted = new Map();
    const counters = createCounters(now, tag);
    const dead = new Map();
    let version = 0;
    const see = (pod) => {
        const before = pods.get(pod.uid);
        if (before !== undefined && isDeath(before, pod))
            dead.set(pod.uid, new Set());
        pods.set(pod.uid, pod);
        // The counters of a proxy that starts anew begin now, not at its first request.
        if (pod.injected)
            counters.of(pod);
    };
    const lose = (uid) => {
        const before = pods.get(uid);
        if (before?.serving === true && !before.terminating)
            dead.set(uid, new Set());
        pods.delete(uid);
        counters.drop(uid);
    };
    for (const pod of store.list('Pod').map(pod_podOf))
        if (pod !== null)
            see(pod);
    const unsubscribe = store.subscribe(({ type, object }) => {
        if (object.kind !== 'Pod')
            return;
        version += 1;
        const pod = type === 'deleted' ? null : pod_podOf(object);
        if (pod === null)
            lose(object.metadata.uid ?? `${object.metadata.namespace}/${object.metadata.name}`);
        else
            see(pod);
    });
    const scrape = (uid) => {
        const pod = pods.get(uid) ?? adopted.get(uid);
        return pod?.proxyRunning === true ? counters.of(pod).samples() : null;
    };
    return {
        pods: () => pods.values(),
        pod: (uid) => pods.get(uid) ?? null,
        version: () => version,
        metrics(pod) {
            if (!pods.has(pod.uid))
                adopted.set(pod.uid, pod);
            return counters.of(pod);
        },
        mourn: (uid, mourner) => mournOnce(dead.get(uid), mourner),
        bury: () => dead.clear(),
        targets: () => [...pods.values(), ...adopted.values()]
            .filter((pod) => pod.injected)
            .map((pod) => ({ labels: targetLabels(pod), scrape: () => scrape(pod.uid) })),
        close: unsubscribe,
    };
}
/** createCounters keeps the counters of each pod's proxy, for as long as that very proxy lives. */
function createCounters(now, tag) {
    const known = new Map();
    return {
        of(pod) {
            const found = known.get(pod.uid);
            if (found?.incarnation === pod.incarnation)
                return found.metrics;
            const metrics = createProxyMetrics('proxy', tag, now());
            known.set(pod.uid, { incarnation: pod.incarnation, metrics });
            return metrics;
        },
        drop: (uid) => {
            known.delete(uid);
        },
    };
}
function targetLabels(pod) {
    return { job: 'kubernetes-pods', instance: `${pod.ip}:15020`, namespace: pod.namespace, pod: pod.name };
}
function mournOnce(mourners, mourner) {
    if (mourners === undefined || mourners.has(mourner))
        return false;
    mourners.add(mourner);
    return true;
}
function isDeath(before, after) {
    if (!before.serving || before.terminating)
        return false;
    return after.restarts > before.restarts || !after.serving;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/truth.js
function createTruth() {
    let requests = 0;
    const sides = { callers: new Map(), pods: new Map() };
    const lost = new Map();
    return {
        sent(n) {
            requests += n;
        },
        answered(side, version, n, kind) {
            if (n === 0)
                return;
            let arm = sides[side].get(version);
            if (arm === undefined) {
                arm = { total: 0, bad: 0, abandoned: 0 };
                sides[side].set(version, arm);
            }
            if (kind === 'abandoned')
                arm.abandoned += n;
            else
                arm.total += n;
            if (kind === 'bad')
                arm.bad += n;
        },
        unreached(flag, n) {
            if (n > 0)
                lost.set(flag, (lost.get(flag) ?? 0) + n);
        },
        read: () => ({
            requests,
            callers: copyOf(sides.callers),
            pods: copyOf(sides.pods),
            unreached: Object.fromEntries(lost),
        }),
    };
}
function copyOf(arms) {
    return Object.fromEntries([...arms].map(([version, arm]) => [version, { ...arm }]));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/data-plane.js









/** createDataPlane makes a mesh over a cluster's store; requests flow only in ticks. */
function createDataPlane(options) {
    const random = options.random ?? (0,simulation_random/* createRandom */.s)(1);
    const tag = options.istioVersion ?? '1.30.3';
    const propagation = { ...defaultPropagation, ...options.propagation };
    const istiod = createIstiod(tag, options.now);
    const control = createControlPlane(options.store, options.now, propagation, istiod.pushed);
    const truth = createTruth();
    const fleet = createPodFleet(options.store, options.now, tag);
    let heard = { code: '0', flag: '-', version: null };
    const flow = createFlow({
        model: options.model,
        random: random.fork('flow'),
        answers: createAnswers(options.model, random.fork('answers')),
        fleet,
        truth,
        onAnswer(answer, from) {
            heard = { code: answer.code, flag: answer.flag, version: from?.labels['version'] ?? null };
        },
    });
    const callers = createCallerFleet(options, control, fleet, random);
    const live = (proxy, from, until) => {
        const start = (from - options.origin) / 1000;
        const end = (until - options.origin) / 1000;
        const n = (0,traffic/* arrivals */.ns)(callers.luck, options.model.rate, start, end, proxy.who.share);
        flow(proxy, n, (start + end) / 2);
    };
    return {
        tick(now, seconds) {
            callers.refresh();
            for (const proxy of callers.proxies())
                liveThrough(proxy, now - seconds * 1000, now, live);
            fleet.bury();
        },
        call() {
            const now = options.now();
            callers.refresh();
            const [proxy] = callers.proxies();
            if (proxy === undefined)
                throw new Error('The model has no caller to send a request for.');
            proxy.view.applyUntil(now);
            flow(proxy, 1, (now - options.origin) / 1000);
            return heard;
        },
        targets: () => [...fleet.targets(), istiod.target],
        truth: () => truth.read(),
        close() {
            control.close();
            fleet.close();
        },
    };
}
/** liveThrough lets a proxy's time pass in pieces, cut where a change of config reaches it. */
function liveThrough(proxy, from, until, live) {
    const { view } = proxy;
    let cursor = from;
    for (let next = view.nextArrival(); next <= until; next = view.nextArrival()) {
        if (next > cursor)
            live(proxy, cursor, next);
        cursor = Math.max(cursor, next);
        view.applyUntil(next);
    }
    if (until > cursor)
        live(proxy, cursor, until);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/mesh/entrance.js

/**
 * serveMesh lets real HTTP requests into the mesh: each is one call of the service through the first caller's
 * proxy, at the present virtual time. It is answered with the code that the caller would see; the headers
 * `x-version` (of the pod that was chosen) and `x-envoy-response-flags` say who answered.
 */
function serveMesh(mesh) {
    return listen(async (request, response) => {
        request.resume();
        const { code, flag, version } = mesh.call();
        // A client that went away gets no code.
        if (code === '0') {
            response.destroy();
            return;
        }
        response.writeHead(Number(code), {
            'content-length': '0',
            'x-envoy-response-flags': flag,
            ...(version === null ? {} : { 'x-version': version }),
        });
        response.end();
    });
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/error.js
/**
 * PromqlError is a query that can't be answered: `bad_data` for one that can't be understood (or is outside
 * the subset that is evaluated), `execution` for one that fails on the data.
 */
class PromqlError extends Error {
    type;
    constructor(type, message) {
        super(message);
        this.name = 'PromqlError';
        this.type = type;
    }
}

// EXTERNAL MODULE: ./node_modules/@prometheus-io/lezer-promql/dist/index.es.js + 3 modules
var index_es = __webpack_require__(6828);
;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/tree.js
const comparisons = ['==', '!=', '>', '<', '>=', '<='];
const setOps = ['and', 'or', 'unless'];
function isComparison(op) {
    return comparisons.includes(op);
}
function isSetOp(op) {
    return setOps.includes(op);
}
const overRange = { args: ['matrix'], result: 'vector' };
/** functions is the subset of PromQL's functions that the sandbox evaluates. */
const functions = {
    rate: overRange,
    increase: overRange,
    irate: overRange,
    delta: overRange,
    changes: overRange,
    resets: overRange,
    last_over_time: overRange,
    max_over_time: overRange,
    min_over_time: overRange,
    avg_over_time: overRange,
    sum_over_time: overRange,
    count_over_time: overRange,
    vector: { args: ['scalar'], result: 'vector' },
    scalar: { args: ['vector'], result: 'scalar' },
    time: { args: [], result: 'scalar' },
    timestamp: { args: ['vector'], result: 'vector' },
    histogram_quantile: { args: ['scalar', 'vector'], result: 'vector' },
    label_replace: { args: ['vector', 'string', 'string', 'string', 'string'], result: 'vector' },
    absent: { args: ['vector'], result: 'vector' },
    clamp: { args: ['vector', 'scalar', 'scalar'], result: 'vector' },
    clamp_min: { args: ['vector', 'scalar'], result: 'vector' },
    clamp_max: { args: ['vector', 'scalar'], result: 'vector' },
};
/** typeOf gives the type of an expression's value. */
function tree_typeOf(expr) {
    switch (expr.kind) {
        case 'number':
            return 'scalar';
        case 'string':
            return 'string';
        case 'selector':
            return expr.range === null ? 'vector' : 'matrix';
        case 'call':
            return functions[expr.name]?.result ?? 'vector';
        case 'aggregate':
            return 'vector';
        case 'negate':
            return tree_typeOf(expr.arg);
        case 'binary':
            return tree_typeOf(expr.left) === 'scalar' && tree_typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    }
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/check.js


const names = {
    scalar: 'scalar',
    vector: 'instant vector',
    matrix: 'range vector',
    string: 'string',
};
/** checkTypes throws PromqlError `bad_data` where an expression is given another type than it takes. */
function checkTypes(expr) {
    if (expr.kind === 'negate') {
        checkTypes(expr.arg);
        const type = tree_typeOf(expr.arg);
        if (type === 'matrix' || type === 'string') {
            throw refusal(`unary expression only allowed on expressions of type scalar or instant vector, got "${names[type]}"`);
        }
    }
    if (expr.kind === 'call')
        checkCall(expr.name, expr.args);
    if (expr.kind === 'aggregate') {
        expect(expr.arg, 'vector', 'aggregation expression');
        if (expr.param !== null)
            expect(expr.param, 'scalar', 'aggregation parameter');
    }
    if (expr.kind === 'binary')
        checkBinary(expr);
}
function checkCall(name, args) {
    const signature = functions[name];
    if (signature === undefined)
        return;
    if (args.length !== signature.args.length) {
        throw refusal(`expected ${signature.args.length} argument(s) in call to "${name}", got ${args.length}`);
    }
    for (const [index, arg] of args.entries()) {
        expect(arg, signature.args[index], `call to function "${name}"`);
    }
}
function checkBinary(expr) {
    const sides = [expr.left, expr.right];
    for (const side of sides) {
        checkTypes(side);
        const type = tree_typeOf(side);
        if (type !== 'scalar' && type !== 'vector') {
            throw refusal('binary expression must contain only scalar and instant vector types');
        }
    }
    const scalars = sides.filter((side) => tree_typeOf(side) === 'scalar').length;
    if (scalars === 2 && isComparison(expr.op) && !expr.bool) {
        throw refusal('comparisons between scalars must use BOOL modifier');
    }
    if (scalars > 0 && isSetOp(expr.op)) {
        throw refusal(`set operator "${expr.op}" not allowed in binary scalar expression`);
    }
    if (scalars > 0 &&
        (expr.matching.on || expr.matching.labels.length > 0 || expr.matching.card !== 'one-to-one')) {
        throw refusal('vector matching only allowed between instant vectors');
    }
}
function expect(expr, wanted, where) {
    checkTypes(expr);
    const type = tree_typeOf(expr);
    if (type !== wanted)
        throw refusal(`expected type ${names[wanted]} in ${where}, got ${names[type]}`);
}
function refusal(message) {
    return new PromqlError('bad_data', `1:1: parse error: ${message}`);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/source.js
/** argumentsOf gives what stands between a call's parentheses. */
function argumentsOf(source, node) {
    const body = node.getChild('FunctionCallBody');
    return body === null ? [] : source_children(body).map((child) => source.expr(child));
}
/** children gives the parts of a node, without comments. */
function source_children(node) {
    const found = [];
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
        if (child.name !== 'LineComment')
            found.push(child);
    }
    return found;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/operators.js


const aggregates = ['sum', 'min', 'max', 'avg', 'count', 'topk', 'bottomk', 'group'];
const operators = [
    '+',
    '-',
    '*',
    '/',
    '%',
    '^',
    '==',
    '!=',
    '>',
    '<',
    '>=',
    '<=',
    'and',
    'or',
    'unless',
];
/** parseAggregate reads `sum by (…) (…)` and its like. */
function parseAggregate(source, node) {
    const op = source.text(node.getChild('AggregateOp')).toLowerCase();
    if (!aggregates.includes(op)) {
        throw source.fail(node, `the aggregation ${op} is outside the subset of PromQL that the sandbox evaluates`);
    }
    const modifier = node.getChild('AggregateModifier');
    const args = argumentsOf(source, node);
    const wanted = op === 'topk' || op === 'bottomk' ? 2 : 1;
    const arg = args.at(-1);
    if (args.length !== wanted || arg === undefined) {
        throw source.fail(node, `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`);
    }
    return {
        kind: 'aggregate',
        op: op,
        grouping: labelsIn(source, modifier),
        without: modifier !== null && /^without/i.test(source.text(modifier)),
        param: wanted === 2 ? args[0] : null,
        arg,
    };
}
/** parseBinary reads an operator with its sides and the way their vectors match; `rightOf` reads the right side. */
function parseBinary(source, node, rightOf = source.expr) {
    const parts = source_children(node);
    const [first, middle] = parts;
    const last = parts.at(-1);
    if (first === undefined || middle === undefined || last === undefined || last === middle) {
        throw source.fail(node, 'unexpected end of input');
    }
    const op = source.text(middle).toLowerCase();
    if (!operators.includes(op)) {
        throw source.fail(node, `the operator ${op} is outside the subset of PromQL that the sandbox evaluates`);
    }
    const bool = node.getChild('BoolModifier');
    if (bool !== null && !isComparison(op))
        throw source.fail(bool, 'bool modifier can only be used on comparison operators');
    const left = source.expr(first);
    // The grammar counts a sign to the number; a power binds tighter than it.
    const signed = op === '^' && left.kind === 'number' && source.text(first).startsWith('-');
    const expr = {
        kind: 'binary',
        op: op,
        bool: bool !== null,
        matching: matchingOf(source, node, op),
        left: signed ? { kind: 'number', value: -left.value } : left,
        right: rightOf(last),
    };
    return signed ? { kind: 'negate', arg: expr } : expr;
}
function matchingOf(source, node, op) {
    const clause = node.getChild('MatchingModifierClause') ??
        node.getChild('BoolModifier')?.getChild('MatchingModifierClause') ??
        null;
    if (clause === null)
        return { on: false, labels: [], card: 'one-to-one', include: [] };
    const lists = clause.getChildren('GroupingLabels');
    const toLeft = clause.getChild('GroupLeft') !== null;
    const toRight = clause.getChild('GroupRight') !== null;
    const on = clause.getChild('On') !== null;
    const labels = lists[0] === undefined ? [] : namesIn(source, lists[0]);
    const include = lists[1] === undefined ? [] : namesIn(source, lists[1]);
    if (isSetOp(op) && (toLeft || toRight))
        throw source.fail(clause, `no grouping allowed for "${op}" operation`);
    const doubled = on ? include.find((name) => labels.includes(name)) : undefined;
    if (doubled !== undefined) {
        throw source.fail(clause, `label "${doubled}" must not occur in ON and GROUP clause at once`);
    }
    return { on, labels, include, card: toLeft ? 'many-to-one' : toRight ? 'one-to-many' : 'one-to-one' };
}
function labelsIn(source, modifier) {
    const list = modifier?.getChild('GroupingLabels') ?? null;
    return list === null ? [] : namesIn(source, list);
}
function namesIn(source, list) {
    return source_children(list).map((child) => source.text(child));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/text.js

const unitMs = {
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
    y: 31_536_000_000,
};
/** durationMs reads a Prometheus duration (`5m`, `1h30m`); null for anything else. */
function durationMs(text) {
    if (!/^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/.test(text))
        return null;
    let total = 0;
    for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) {
        total += Number(amount) * unitMs[unit];
    }
    return total > 0 ? total : null;
}
/** numberOf reads a number literal with its sign (decimal, hexadecimal, Inf, NaN); null for anything else. */
function numberOf(text) {
    if (/^[+-]/.test(text)) {
        const rest = numberOf(text.slice(1).trimStart());
        return rest !== null && text.startsWith('-') ? -rest : rest;
    }
    const plain = text.toLowerCase();
    if (plain === 'nan')
        return Number.NaN;
    if (plain === 'inf')
        return Number.POSITIVE_INFINITY;
    if (/^0x[0-9a-f]+$/.test(plain))
        return Number.parseInt(plain, 16);
    return /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain) ? Number(plain) : null;
}
const escapes = {
    a: '\u0007',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
    v: '\v',
    '\\': '\\',
    "'": "'",
    '"': '"',
};
/** stringOf reads a string literal in its quotes, with Go's escapes; backticks have none. */
function stringOf(literal) {
    const body = literal.slice(1, -1);
    if (literal.startsWith('`'))
        return body;
    return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[\s\S])/g, (_whole, code) => {
        if (/^[xuU]./.test(code))
            return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
        if (/^[0-7]{3}$/.test(code))
            return String.fromCodePoint(Number.parseInt(code, 8));
        const plain = escapes[code];
        if (plain === undefined)
            throw new PromqlError('bad_data', `1:1: parse error: unknown escape sequence \\${code}`);
        return plain;
    });
}
/**
 * anchored compiles an RE2 expression as Prometheus does, matching whole values. What RE2 doesn't know
 * (lookaround, backreferences) is refused, as it would be.
 */
function anchored(expression, kind = 'bad_data') {
    const place = kind === 'bad_data' ? '1:1: parse error: ' : '';
    const refuse = (why) => new PromqlError(kind, `${place}error parsing regexp: ${why}: \`${expression}\``);
    if (/\(\?(?:[=!]|<[=!])/.test(expression))
        throw refuse('invalid or unsupported Perl syntax');
    if (/(?:^|[^\\])(?:\\\\)*\\[1-9]/.test(expression))
        throw refuse('invalid escape sequence');
    const [, flags = '', rest = expression] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(expression) ?? [];
    try {
        return new RegExp(`^(?:${rest.replaceAll('(?P<', '(?<')})$`, flags);
    }
    catch (error) {
        throw refuse(error instanceof Error ? error.message : String(error));
    }
}
/** goFloat writes a number as Go's 'f' format does, the shortest that reads back the same, never with an exponent. */
function goFloat(value) {
    if (Number.isNaN(value))
        return 'NaN';
    if (!Number.isFinite(value))
        return value > 0 ? '+Inf' : '-Inf';
    if (Object.is(value, -0))
        return '-0';
    const text = String(value);
    const [, sign = '', whole = '0', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
    if (exponent === undefined)
        return text;
    const digits = whole + fraction;
    const point = whole.length + Number(exponent);
    if (point <= 0)
        return `${sign}0.${'0'.repeat(-point)}${digits}`;
    if (point >= digits.length)
        return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
    return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/selector.js


/** parseSelector reads a bare selector: a name and matchers. */
function parseSelector(source, node) {
    const matchers = [];
    const name = node.getChild('Identifier');
    if (name !== null)
        matchers.push(matcherOf('__name__', '=', source.text(name)));
    const list = node.getChild('LabelMatchers');
    for (const child of list === null ? [] : source_children(list)) {
        if (child.name !== 'UnquotedLabelMatcher')
            throw source.fail(child, 'quoted label names are not supported');
        const [label, op, value] = source_children(child);
        if (label === undefined || op === undefined || value === undefined) {
            throw source.fail(child, 'unexpected end of label matcher');
        }
        matchers.push(matcherOf(source.text(label), source.text(op), stringOf(source.text(value))));
    }
    if (matchers.every((matcher) => matcher.test(''))) {
        throw source.fail(node, 'vector selector must contain at least one non-empty matcher');
    }
    return { kind: 'selector', matchers, range: null, offset: 0, at: null };
}
/** matcherOf makes a matcher; expressions match whole values. */
function matcherOf(label, op, value) {
    if (op === '=')
        return { label, op, value, test: (text) => text === value };
    if (op === '!=')
        return { label, op, value, test: (text) => text !== value };
    const expression = anchored(value);
    return op === '=~'
        ? { label, op, value, test: (text) => expression.test(text) }
        : { label, op, value, test: (text) => !expression.test(text) };
}
/** isModifier tells whether a node adds a range, an offset or an @ to a selector. */
function isModifier(node) {
    return ['MatrixSelector', 'OffsetExpr', 'StepInvariantExpr'].includes(node.name);
}
/** withModifier adds what one modifier says to a selector. */
function withModifier(source, node, selector) {
    if (node.name === 'MatrixSelector')
        return withRange(source, node, selector);
    return node.name === 'OffsetExpr' ? withOffset(source, node, selector) : fixed(source, node, selector);
}
function withRange(source, node, selector) {
    const length = node.getChild('DurationExpr');
    if (length === null)
        throw source.fail(node, 'unexpected end of range');
    if (selector.range !== null || selector.offset !== 0 || selector.at !== null) {
        throw source.fail(node, 'no modifiers allowed before range');
    }
    return { ...selector, range: durationIn(source, length) };
}
function withOffset(source, node, selector) {
    const length = node.getChild('OffsetDurationExpr');
    if (length === null)
        throw source.fail(node, 'unexpected end of offset');
    if (selector.offset !== 0)
        throw source.fail(node, 'offset may not be set multiple times');
    const sign = source.text(length).startsWith('-') ? -1 : 1;
    return { ...selector, offset: sign * durationIn(source, length) };
}
function fixed(source, node, selector) {
    if (selector.at !== null)
        throw source.fail(node, '@ <timestamp> may not be set multiple times');
    const bound = node.getChild('AtModifierPreprocessors');
    if (bound !== null)
        return { ...selector, at: source.text(bound).startsWith('start') ? 'start' : 'end' };
    const literal = node.getChild('NumberDurationLiteral');
    const value = literal === null ? null : numberOf(source.text(literal));
    if (value === null || !Number.isFinite(value))
        throw source.fail(node, 'timestamp out of bounds for @ modifier');
    return { ...selector, at: Math.round(value * 1000) };
}
function durationIn(source, node) {
    const text = source.text(node).replace(/^[+-]\s*/, '');
    const ms = durationMs(text);
    if (ms === null)
        throw source.fail(node, `not a valid duration string: "${text}"`);
    return ms;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/promql/parser.js








/**
 * parsePromql reads a query of the subset that the sandbox evaluates. It throws PromqlError `bad_data` for
 * what isn't PromQL, and for PromQL outside the subset, saying so.
 */
function parsePromql(query) {
    const tree = index_es/* parser */.K3D.parse(query);
    const source = sourceOf(query);
    const broken = firstError(tree.topNode);
    if (query.trim() === '')
        throw new PromqlError('bad_data', '1:1: parse error: no expression found in input');
    if (broken !== null)
        throw source.fail(broken, unexpected(query, broken));
    const root = tree.topNode.firstChild;
    if (root === null)
        throw new PromqlError('bad_data', '1:1: parse error: no expression found in input');
    const expr = source.expr(root);
    checkTypes(expr);
    return expr;
}
function sourceOf(query) {
    const source = {
        text: (node) => query.slice(node.from, node.to),
        expr: (node) => exprOf(source, node),
        fail: (node, message) => new PromqlError('bad_data', `${parser_placeOf(query, node?.from ?? 0)}: parse error: ${message}`),
    };
    return source;
}
function exprOf(source, node) {
    switch (node.name) {
        case 'ParenExpr':
            return source.expr(onlyChild(source, node));
        case 'NumberDurationLiteral': {
            const value = numberOf(source.text(node));
            if (value === null)
                throw source.fail(node, `unexpected duration "${source.text(node)}"`);
            return { kind: 'number', value };
        }
        case 'StringLiteral':
            return { kind: 'string', value: stringOf(source.text(node)) };
        case 'VectorSelector':
            return parseSelector(source, node);
        case 'MatrixSelector':
        case 'OffsetExpr':
        case 'StepInvariantExpr':
            return parser_modified(source, node);
        case 'UnaryExpr':
            return negated(source.text(node), source.expr(node.lastChild));
        case 'FunctionCall':
            return parser_callOf(source, node);
        case 'AggregateExpr':
            return parseAggregate(source, node);
        case 'BinaryExpr':
            return parseBinary(source, node);
        default:
            throw source.fail(node, `${node.name} is outside the subset of PromQL that the sandbox evaluates`);
    }
}
/**
 * modified applies what follows an operand (range, offset, @) to that operand alone. The grammar lets it take a
 * whole operation on its left; in PromQL it binds tighter than any operator.
 */
function parser_modified(source, node) {
    const chain = [];
    let inner = node;
    for (; isModifier(inner); inner = onlyChild(source, inner))
        chain.unshift(inner);
    const within = (operand) => {
        if (operand.name === 'BinaryExpr')
            return parseBinary(source, operand, within);
        if (operand.name === 'UnaryExpr')
            return negated(source.text(operand), within(operand.lastChild));
        const base = operand.name === 'VectorSelector' || isModifier(operand) ? source.expr(operand) : null;
        if (base?.kind !== 'selector')
            throw source.fail(operand, `a modifier has to follow a selector, not ${operand.name}`);
        return chain.reduce((selector, modifier) => withModifier(source, modifier, selector), base);
    };
    return within(inner);
}
function negated(text, arg) {
    if (text.startsWith('+'))
        return arg;
    return arg.kind === 'number' ? { kind: 'number', value: -arg.value } : { kind: 'negate', arg };
}
function parser_callOf(source, node) {
    const name = source.text(node.getChild('FunctionIdentifier'));
    if (!Object.hasOwn(functions, name)) {
        throw source.fail(node, `unknown function with name "${name}" (the sandbox evaluates a subset)`);
    }
    return { kind: 'call', name, args: argumentsOf(source, node) };
}
function onlyChild(source, node) {
    const child = source_children(node)[0];
    if (child === undefined)
        throw source.fail(node, 'no expression found in input');
    return child;
}
function firstError(node) {
    if (node.type.isError)
        return node;
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
        const found = firstError(child);
        if (found !== null)
            return found;
    }
    return null;
}
function unexpected(query, node) {
    const rest = query.slice(node.from, Math.max(node.to, node.from + 1)).trim();
    return rest === '' ? 'unexpected end of input' : `unexpected "${rest}"`;
}
function parser_placeOf(query, position) {
    const before = query.slice(0, position).split('\n');
    return `${before.length}:${before.at(-1).length + 1}`;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/aggregate.js
/** aggregate folds each group of a vector into one element; topk and bottomk keep `param` of each group. */
function aggregate(op, vector, groupOf, param) {
    const groups = new Map();
    for (const element of vector) {
        const labels = groupOf(element.labels);
        const members = groups.get(labels);
        if (members === undefined)
            groups.set(labels, [element]);
        else
            members.push(element);
    }
    if (op === 'topk' || op === 'bottomk') {
        return [...groups.values()].flatMap((members) => ranked(members, param, op === 'topk'));
    }
    return [...groups].map(([labels, members]) => ({ labels, value: folded(op, members) }));
}
/** ranked keeps the k first; NaN ranks last either way. */
function ranked(members, k, largestFirst) {
    const count = Math.min(members.length, Math.trunc(k));
    if (!(count >= 1))
        return [];
    const rank = (value) => {
        if (Number.isNaN(value))
            return Number.NEGATIVE_INFINITY;
        return largestFirst ? value : -value;
    };
    return [...members]
        .sort((a, b) => {
        const [left, right] = [rank(a.value), rank(b.value)];
        if (left === right)
            return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
        return right > left ? 1 : -1;
    })
        .slice(0, count);
}
function folded(op, members) {
    const values = members.map((member) => member.value);
    switch (op) {
        case 'sum':
            return values.reduce((sum, value) => sum + value, 0);
        case 'count':
            return values.length;
        case 'group':
            return 1;
        case 'avg':
            return runningMean(values);
        case 'max':
            return values.reduce((best, value) => (best < value || Number.isNaN(best) ? value : best));
        case 'min':
            return values.reduce((best, value) => (best > value || Number.isNaN(best) ? value : best));
    }
}
/** runningMean updates the mean value by value, as Prometheus does, so that large sums don't overflow. */
function runningMean(values) {
    let mean = 0;
    for (const [index, value] of values.entries()) {
        const count = index + 1;
        if (Math.abs(mean) === Number.POSITIVE_INFINITY && !Number.isNaN(value)) {
            if (Number.isFinite(value) || value === mean)
                continue;
        }
        mean += value / count - mean / count;
    }
    return mean;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/vector.js


const nameless = new WeakMap();
/**
 * withoutName drops the metric's name: what is computed from a metric is not that metric. The same labels give the
 * same object again.
 */
function withoutName(labels) {
    if (labels['__name__'] === undefined)
        return labels;
    const known = nameless.get(labels);
    if (known !== undefined)
        return known;
    const { __name__: _name, ...rest } = labels;
    nameless.set(labels, rest);
    return rest;
}
/** onlyLabels keeps the labels of a list. */
function onlyLabels(labels, names) {
    const kept = {};
    for (const name of names)
        if (labels[name] !== undefined)
            kept[name] = labels[name];
    return kept;
}
/** exceptLabels drops the labels of a list. */
function exceptLabels(labels, names) {
    const kept = {};
    for (const [name, value] of Object.entries(labels))
        if (!names.includes(name))
            kept[name] = value;
    return kept;
}
/** distinct gives the vector back; it throws `execution` where two elements have the same labels. */
function distinct(vector) {
    if (vector.length < 2)
        return vector;
    const seen = new Set(vector.map((element) => labelsKey(element.labels)));
    if (seen.size === vector.length)
        return vector;
    throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/binary.js




const arithmetic = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
    // Go's Pow: 1 to any power is 1, and so is -1 to an infinite one.
    '^': (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
};
const comparison = {
    '==': (a, b) => a === b,
    '!=': (a, b) => a !== b,
    '>': (a, b) => a > b,
    '<': (a, b) => a < b,
    '>=': (a, b) => a >= b,
    '<=': (a, b) => a <= b,
};
/** scalarOp computes with two numbers; a comparison gives 1 or 0. */
function scalarOp(op, a, b) {
    return isComparison(op) ? Number(comparison[op](a, b)) : arithmetic[op](a, b);
}
/** withScalar computes each element with a number; a comparison without `bool` filters. */
function withScalar(op, bool, vector, scalar, scalarLeft) {
    const result = [];
    for (const { labels, value } of vector) {
        const computed = scalarLeft ? scalarOp(op, scalar, value) : scalarOp(op, value, scalar);
        if (!isComparison(op))
            result.push({ labels: withoutName(labels), value: computed });
        else if (bool)
            result.push({ labels: withoutName(labels), value: computed });
        else if (computed === 1)
            result.push({ labels, value });
    }
    return result;
}
/** withVector computes matching elements of two vectors with each other; `groupOf` tells which find each other. */
function withVector(op, bool, left, right, matching, groupOf) {
    if (left.length === 0 || right.length === 0)
        return [];
    const swapped = matching.card === 'one-to-many';
    const many = swapped ? right : left;
    const ones = indexed(swapped ? left : right, groupOf, swapped ? 'left' : 'right');
    const result = [];
    const matched = new Map();
    for (const element of many) {
        const group = groupOf(element.labels);
        const other = ones.get(group);
        if (other === undefined)
            continue;
        const [a, b] = swapped ? [other.value, element.value] : [element.value, other.value];
        const computed = scalarOp(op, a, b);
        if (isComparison(op) && !bool && computed === 0)
            continue;
        const labels = resultLabels(element, other, op, bool, matching);
        claim(matched, group, labels, matching);
        result.push({ labels, value: isComparison(op) && !bool ? a : computed });
    }
    return result;
}
function indexed(vector, groupOf, side) {
    const found = new Map();
    for (const element of vector) {
        const group = groupOf(element.labels);
        if (found.has(group)) {
            throw new PromqlError('execution', `found duplicate series for the match group ${JSON.stringify(group)} on the ${side} hand-side of the operation;many-to-many matching not allowed: matching labels must be unique on one side`);
        }
        found.set(group, element);
    }
    return found;
}
function claim(matched, group, labels, matching) {
    const results = matched.get(group);
    if (matching.card === 'one-to-one') {
        if (results !== undefined) {
            throw new PromqlError('execution', 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
        }
        matched.set(group, new Set());
        return;
    }
    const text = labelsKey(labels);
    if (results?.has(text)) {
        throw new PromqlError('execution', 'multiple matches for labels: grouping labels must ensure unique matches');
    }
    matched.set(group, (results ?? new Set()).add(text));
}
function resultLabels(many, one, op, bool, matching) {
    let labels = !isComparison(op) || bool ? withoutName(many.labels) : many.labels;
    if (matching.card === 'one-to-one') {
        return matching.on ? onlyLabels(labels, matching.labels) : exceptLabels(labels, matching.labels);
    }
    for (const name of matching.include) {
        const value = one.labels[name];
        labels = value === undefined ? exceptLabels(labels, [name]) : { ...labels, [name]: value };
    }
    return labels;
}
/**
 * setOp combines vectors as sets of match groups. Where neither has two elements with the same labels, the result
 * has none either: equal labels are one group.
 */
function setOp(op, left, right, groupOf) {
    const groups = new Set();
    for (const { labels } of op === 'or' ? left : right)
        groups.add(groupOf(labels));
    if (op === 'and')
        return left.filter(({ labels }) => groups.has(groupOf(labels)));
    if (op === 'unless')
        return left.filter(({ labels }) => !groups.has(groupOf(labels)));
    return [...left, ...right.filter(({ labels }) => !groups.has(groupOf(labels)))];
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/histogram.js
/**
 * histogramQuantile estimates a quantile of each histogram among `_bucket` series, linear within a bucket; a
 * histogram is what agrees in all labels but `le`.
 */
function histogramQuantile(quantile, vector, groupOf) {
    const histograms = new Map();
    for (const { labels, value } of vector) {
        const bound = boundOf(labels['le']);
        if (bound === null)
            continue;
        const histogram = groupOf(labels);
        const buckets = histograms.get(histogram) ?? [];
        buckets.push({ bound, count: value });
        histograms.set(histogram, buckets);
    }
    return [...histograms].map(([labels, buckets]) => ({
        labels,
        value: quantileOf(quantile, buckets),
    }));
}
function boundOf(le) {
    if (le === undefined || le === '')
        return null;
    if (/^\+?Inf$/i.test(le))
        return Number.POSITIVE_INFINITY;
    const bound = Number(le);
    return Number.isNaN(bound) ? null : bound;
}
function quantileOf(quantile, unsorted) {
    if (Number.isNaN(quantile))
        return Number.NaN;
    if (quantile < 0)
        return Number.NEGATIVE_INFINITY;
    if (quantile > 1)
        return Number.POSITIVE_INFINITY;
    const buckets = monotonic(unsorted);
    const all = buckets.at(-1);
    if (all.bound !== Number.POSITIVE_INFINITY || buckets.length < 2 || all.count === 0)
        return Number.NaN;
    if (Number.isNaN(all.count))
        return Number.NaN;
    const rank = quantile * all.count;
    const found = buckets.findIndex((bucket, index) => index === buckets.length - 1 || bucket.count >= rank);
    const bucket = buckets[found];
    if (found === buckets.length - 1)
        return buckets.at(-2).bound;
    if (found === 0 && bucket.bound <= 0)
        return bucket.bound;
    const below = buckets[found - 1] ?? { bound: 0, count: 0 };
    return below.bound + (bucket.bound - below.bound) * ((rank - below.count) / (bucket.count - below.count));
}
/** monotonic sorts buckets, adds up those with one bound, and lets no count fall: scrapes can tear a histogram. */
function monotonic(unsorted) {
    const merged = [];
    for (const bucket of [...unsorted].sort((a, b) => a.bound - b.bound)) {
        const last = merged.at(-1);
        if (last?.bound === bucket.bound)
            last.count += bucket.count;
        else
            merged.push({ ...bucket });
    }
    let highest = Number.NEGATIVE_INFINITY;
    for (const bucket of merged) {
        highest = Math.max(highest, bucket.count);
        bucket.count = highest;
    }
    return merged;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/label-functions.js



/** labelReplace sets `target` to `replacement`, filled from what `expression` finds in the label `from`. */
function labelReplace(vector, [target, replacement, from, expression]) {
    const pattern = anchored(expression, 'execution');
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(target)) {
        throw new PromqlError('execution', `invalid destination label name in label_replace(): ${target}`);
    }
    return vector.map((element) => {
        const match = pattern.exec(element.labels[from] ?? '');
        if (match === null)
            return element;
        const text = expanded(replacement, match);
        const rest = exceptLabels(element.labels, [target]);
        return { labels: text === '' ? rest : { ...rest, [target]: text }, value: element.value };
    });
}
/** expanded fills `$1`, `${name}` as Go's Expand does: the longest name counts, an unknown one is empty. */
function expanded(template, match) {
    return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced, plain) => {
        if (whole === '$$')
            return '$';
        const name = braced ?? plain ?? '';
        return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
    });
}
/** absentLabels gives the labels that `absent` shows: those a selector fixes to one value. */
function absentLabels(selector) {
    const labels = {};
    const spoiled = new Set(['__name__']);
    for (const matcher of selector?.matchers ?? []) {
        if (spoiled.has(matcher.label))
            continue;
        if (matcher.op === '=' && labels[matcher.label] === undefined) {
            if (matcher.value !== '')
                labels[matcher.label] = matcher.value;
        }
        else {
            spoiled.add(matcher.label);
            delete labels[matcher.label];
        }
    }
    return labels;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/label-groups.js


/** groupBy makes the groups of `by`/`on` (these names) or `without`/`ignoring` (all but these and the metric's). */
function groupBy(names, mode) {
    const dropped = ['__name__', ...names];
    const bySet = new WeakMap();
    const byKey = new Map();
    return (labels) => {
        const known = bySet.get(labels);
        if (known !== undefined)
            return known;
        const made = mode === 'only' ? onlyLabels(labels, names) : exceptLabels(labels, dropped);
        const key = labelsKey(made);
        const group = byKey.get(key) ?? made;
        byKey.set(key, group);
        bySet.set(labels, group);
        return group;
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/range-functions.js
/** rangeFunctions computes as Prometheus 2.42 does, the extrapolation of rate and increase included. */
const rangeFunctions = {
    rate: (window) => extrapolated(window, true, true),
    increase: (window) => extrapolated(window, true, false),
    delta: (window) => extrapolated(window, false, false),
    irate: instantRate,
    changes: ({ values }) => countPairs(values, (a, b) => a !== b && !(Number.isNaN(a) && Number.isNaN(b))),
    resets: ({ values }) => countPairs(values, (a, b) => b < a),
    last_over_time: ({ values }) => values.at(-1) ?? null,
    count_over_time: ({ values }) => values.length,
    sum_over_time: ({ values }) => compensatedSum(values),
    avg_over_time: ({ values }) => range_functions_runningMean(values),
    max_over_time: ({ values }) => values.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best)),
    min_over_time: ({ values }) => values.reduce((best, value) => (value < best || Number.isNaN(best) ? value : best)),
};
/**
 * extrapolated is Prometheus's rate: the rise between first and last sample (resets added back for counters),
 * stretched towards the bounds of the range: fully where a bound is nearer than 1.1 average gaps, else by half a
 * gap, and for a counter never before the time at which it would have been zero.
 */
function extrapolated(window, counter, perSecond) {
    const { times, values, start, end } = window;
    if (values.length < 2)
        return null;
    const first = values[0];
    let rise = values.at(-1) - first;
    if (counter) {
        for (let index = 1; index < values.length; index += 1) {
            const before = values[index - 1];
            if (values[index] < before)
                rise += before;
        }
    }
    const firstTime = times[0];
    const lastTime = times.at(-1);
    const sampled = (lastTime - firstTime) / 1000;
    const gap = sampled / (values.length - 1);
    let toStart = (firstTime - start) / 1000;
    const toEnd = (end - lastTime) / 1000;
    if (counter && rise > 0 && first >= 0)
        toStart = Math.min(toStart, sampled * (first / rise));
    const threshold = gap * 1.1;
    const stretched = sampled + (toStart < threshold ? toStart : gap / 2) + (toEnd < threshold ? toEnd : gap / 2);
    const factor = stretched / sampled;
    return rise * (perSecond ? factor / ((end - start) / 1000) : factor);
}
function instantRate({ times, values }) {
    const last = values.at(-1);
    const before = values.at(-2);
    if (last === undefined || before === undefined)
        return null;
    const seconds = (times.at(-1) - times.at(-2)) / 1000;
    return (last < before ? last : last - before) / seconds;
}
function countPairs(values, differs) {
    let count = 0;
    for (let index = 1; index < values.length; index += 1) {
        if (differs(values[index - 1], values[index]))
            count += 1;
    }
    return count;
}
/** compensatedSum adds with Kahan's and Neumaier's correction. */
function compensatedSum(values) {
    let sum = 0;
    let correction = 0;
    for (const value of values) {
        const next = sum + value;
        correction += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
        sum = next;
    }
    return Number.isFinite(sum) ? sum + correction : sum;
}
function range_functions_runningMean(values) {
    if (values.every((value) => Number.isFinite(value)))
        return compensatedSum(values) / values.length;
    return values.reduce((sum, value) => sum + value, 0);
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/evaluator.js









/** createEvaluation prepares an expression: each selector finds its series once, each label set its group once. */
function createEvaluation(storage, expr, rules, bounds) {
    const found = new Map();
    const grouped = new Map();
    const context = {
        rules,
        bounds,
        series(selector) {
            const known = found.get(selector);
            if (known !== undefined)
                return known;
            const selected = storage
                .select(selector.matchers)
                .sort((a, b) => (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1));
            found.set(selector, selected);
            return selected;
        },
        groups(names, mode) {
            const known = grouped.get(names);
            if (known !== undefined)
                return known;
            const made = groupBy(names, mode);
            grouped.set(names, made);
            return made;
        },
    };
    return {
        at: (time) => evaluate(context, expr, time),
        windows: (selector, time) => windowsOf(context, selector, time),
    };
}
/** All labels of a histogram's series but these tell histograms apart. */
const bucketLabels = ['le'];
function evaluate(context, expr, time) {
    switch (expr.kind) {
        case 'number':
            return { type: 'scalar', value: expr.value };
        case 'string':
            return { type: 'string', value: expr.value };
        case 'selector':
            return {
                type: 'vector',
                vector: instant(context, expr, time).map(({ labels, value }) => ({ labels, value })),
            };
        case 'negate':
            return evaluator_negated(evaluate(context, expr.arg, time));
        case 'call':
            return called(context, expr.name, expr.args, time);
        case 'binary':
            return combined(context, expr, time);
        case 'aggregate': {
            const param = expr.param === null ? 0 : scalarOf(context, expr.param, time);
            const groups = context.groups(expr.grouping, expr.without ? 'except' : 'only');
            return { type: 'vector', vector: aggregate(expr.op, vectorOf(context, expr.arg, time), groups, param) };
        }
    }
}
function moment(context, selector, time) {
    const { at } = selector;
    const base = at === null ? time : at === 'start' ? context.bounds.start : at === 'end' ? context.bounds.end : at;
    return base - selector.offset;
}
/** instant gives the newest sample of each series at the moment, unless it is too old or a staleness marker. */
function instant(context, selector, time) {
    const end = moment(context, selector, time);
    const { lookback, rangeStart } = context.rules;
    return context.series(selector).flatMap((series) => {
        const index = firstAfter(series.times, end) - 1;
        const value = series.values[index] ?? null;
        const sampled = series.times[index] ?? Number.NEGATIVE_INFINITY;
        const fresh = rangeStart === 'closed' ? sampled >= end - lookback : sampled > end - lookback;
        return value === null || !fresh ? [] : [{ labels: series.labels, value, time: sampled }];
    });
}
/** windowsOf gives the samples of each series in the range that ends at the moment; empty ones are left out. */
function windowsOf(context, selector, time) {
    const end = moment(context, selector, time);
    const start = end - (selector.range ?? 0);
    const from = context.rules.rangeStart === 'closed' ? start - 1 : start;
    return context.series(selector).flatMap((series) => {
        const times = [];
        const values = [];
        const last = firstAfter(series.times, end);
        for (let index = firstAfter(series.times, from); index < last; index += 1) {
            const value = series.values[index] ?? null;
            if (value === null)
                continue;
            times.push(series.times[index]);
            values.push(value);
        }
        return times.length === 0 ? [] : [{ series, window: { times, values, start, end } }];
    });
}
function evaluator_negated(value) {
    if (value.type === 'scalar')
        return { type: 'scalar', value: -value.value };
    if (value.type === 'string')
        return value;
    const vector = value.vector.map((element) => ({
        labels: withoutName(element.labels),
        value: -element.value,
    }));
    return { type: 'vector', vector: distinct(vector) };
}
function combined(context, expr, time) {
    const left = evaluate(context, expr.left, time);
    const right = evaluate(context, expr.right, time);
    if (left.type === 'string' || right.type === 'string')
        return left;
    const { matching } = expr;
    const groups = context.groups(matching.labels, matching.on ? 'only' : 'except');
    if (isSetOp(expr.op)) {
        return { type: 'vector', vector: setOp(expr.op, elementsOf(left), elementsOf(right), groups) };
    }
    if (left.type === 'scalar' && right.type === 'scalar') {
        return { type: 'scalar', value: scalarOp(expr.op, left.value, right.value) };
    }
    if (left.type === 'vector' && right.type === 'vector') {
        const vector = withVector(expr.op, expr.bool, left.vector, right.vector, matching, groups);
        return { type: 'vector', vector: distinct(vector) };
    }
    const scalarLeft = left.type === 'scalar';
    const scalar = left.type === 'scalar' ? left.value : right.type === 'scalar' ? right.value : 0;
    const vector = withScalar(expr.op, expr.bool, elementsOf(scalarLeft ? right : left), scalar, scalarLeft);
    return { type: 'vector', vector: distinct(vector) };
}
function elementsOf(value) {
    return value.type === 'vector' ? value.vector : [];
}
function vectorOf(context, expr, time) {
    return expr === undefined ? [] : elementsOf(evaluate(context, expr, time));
}
function scalarOf(context, expr, time) {
    const value = expr === undefined ? null : evaluate(context, expr, time);
    return value?.type === 'scalar' ? value.value : Number.NaN;
}
function evaluator_stringOf(expr) {
    return expr?.kind === 'string' ? expr.value : '';
}
function called(context, name, args, time) {
    const [first, second, third] = args;
    const ranged = rangeFunctions[name];
    if (ranged !== undefined && first?.kind === 'selector') {
        const vector = windowsOf(context, first, time).flatMap(({ series, window }) => {
            const value = ranged(window);
            const labels = name === 'last_over_time' ? series.labels : withoutName(series.labels);
            return value === null ? [] : [{ labels, value }];
        });
        return { type: 'vector', vector: distinct(vector) };
    }
    if (name === 'time')
        return { type: 'scalar', value: time / 1000 };
    if (name === 'vector')
        return { type: 'vector', vector: [{ labels: {}, value: scalarOf(context, first, time) }] };
    if (name === 'scalar') {
        const vector = vectorOf(context, first, time);
        return { type: 'scalar', value: vector.length === 1 ? (vector[0]?.value ?? Number.NaN) : Number.NaN };
    }
    return {
        type: 'vector',
        vector: distinct(vectorCall(context, name, [first, second, third, ...args.slice(3)], time)),
    };
}
function vectorCall(context, name, args, time) {
    const [first, second, third] = args;
    const vector = (arg) => vectorOf(context, arg, time);
    const scalar = (arg) => scalarOf(context, arg, time);
    switch (name) {
        case 'timestamp':
            return timestamps(context, first, time);
        case 'histogram_quantile':
            return histogramQuantile(scalar(first), vector(second), context.groups(bucketLabels, 'except'));
        case 'label_replace': {
            const texts = args.slice(1, 5).map(evaluator_stringOf);
            return labelReplace(vector(first), texts);
        }
        case 'absent': {
            const labels = absentLabels(first?.kind === 'selector' ? first : null);
            return vector(first).length > 0 ? [] : [{ labels, value: 1 }];
        }
        case 'clamp':
            return clamped(vector(first), scalar(second), scalar(third));
        case 'clamp_min':
            return clamped(vector(first), scalar(second), Number.POSITIVE_INFINITY);
        case 'clamp_max':
            return clamped(vector(first), Number.NEGATIVE_INFINITY, scalar(second));
        default:
            throw new Error(`No evaluation for the function ${name}.`);
    }
}
function timestamps(context, arg, time) {
    if (arg?.kind === 'selector') {
        return instant(context, arg, time).map((sample) => ({
            labels: withoutName(sample.labels),
            value: sample.time / 1000,
        }));
    }
    return vectorOf(context, arg, time).map(({ labels }) => ({
        labels: withoutName(labels),
        value: time / 1000,
    }));
}
function clamped(vector, low, high) {
    if (high < low)
        return [];
    return vector.map(({ labels, value }) => ({
        labels: withoutName(labels),
        value: Math.max(low, Math.min(high, value)),
    }));
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/engine/query.js






/** instantQuery answers a query at one moment (ms since the epoch). It throws PromqlError. */
function instantQuery(storage, query, time, rules) {
    const expr = parsePromql(query);
    const evaluation = createEvaluation(storage, expr, rules, { start: time, end: time });
    if (expr.kind === 'selector' && expr.range !== null) {
        const result = evaluation.windows(expr, time).map(({ series, window }) => ({
            metric: series.labels,
            values: window.times.map((at, index) => [at / 1000, goFloat(window.values[index])]),
        }));
        return { resultType: 'matrix', result };
    }
    const value = evaluation.at(time);
    if (value.type === 'scalar')
        return { resultType: 'scalar', result: [time / 1000, goFloat(value.value)] };
    if (value.type === 'string')
        return { resultType: 'string', result: [time / 1000, value.value] };
    return {
        resultType: 'vector',
        result: value.vector.map((element) => ({
            metric: element.labels,
            value: [time / 1000, goFloat(element.value)],
        })),
    };
}
/** rangeQuery answers a query at every step from start to end, in ms. It throws PromqlError. */
function rangeQuery(storage, query, span, rules) {
    const expr = parsePromql(query);
    const type = tree_typeOf(expr);
    if (type === 'matrix' || type === 'string') {
        const name = type === 'matrix' ? 'range vector' : 'string';
        throw new PromqlError('bad_data', `invalid expression type "${name}" for range query, must be Scalar or instant Vector`);
    }
    const evaluation = createEvaluation(storage, expr, rules, span);
    const rows = new Map();
    for (let time = span.start; time <= span.end; time += span.step) {
        for (const element of query_elementsOf(evaluation.at(time))) {
            const key = labelsKey(element.labels);
            const row = rows.get(key) ?? { metric: element.labels, values: [] };
            row.values.push([time / 1000, goFloat(element.value)]);
            rows.set(key, row);
        }
    }
    const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return { resultType: 'matrix', result: sorted };
}
function query_elementsOf(value) {
    if (value.type === 'vector')
        return value.vector;
    return value.type === 'scalar' ? [{ labels: {}, value: value.value }] : [];
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/parameters.js

/** BadParameter is a parameter of the HTTP API that can't be read. */
class BadParameter extends Error {
    constructor(name, why) {
        super(`invalid parameter "${name}": ${why}`);
        this.name = 'BadParameter';
    }
}
/** timeOf reads a time (seconds since the epoch, or RFC 3339) as ms; null where it isn't given. */
function timeOf(parameters, name) {
    const text = parameters.get(name);
    if (text === null || text === '')
        return null;
    const seconds = /^[+-]?[\d.]/.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(seconds))
        return Math.round(seconds * 1000);
    const date = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
        ? Date.parse(text)
        : Number.NaN;
    if (Number.isFinite(date))
        return date;
    const where = name === 'time' ? "Invalid time value for 'time': " : '';
    throw new BadParameter(name, `${where}cannot parse ${JSON.stringify(text)} to a valid timestamp`);
}
/** spanOf reads start, end and step of a range query, in ms, with the limits that Prometheus sets. */
function spanOf(parameters) {
    const start = needed(parameters, 'start');
    const end = needed(parameters, 'end');
    if (end < start)
        throw new BadParameter('end', 'end timestamp must not be before start time');
    const step = stepOf(parameters.get('step') ?? '');
    if (step <= 0) {
        throw new BadParameter('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
    }
    if ((end - start) / step > 11_000)
        throw new TooManyPoints();
    return { start, end, step };
}
/** TooManyPoints is a range query that would give more than 11,000 points a series. */
class TooManyPoints extends Error {
    constructor() {
        super('exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)');
        this.name = 'TooManyPoints';
    }
}
function needed(parameters, name) {
    const time = timeOf(parameters, name);
    if (time === null)
        throw new BadParameter(name, 'cannot parse "" to a valid timestamp');
    return time;
}
function stepOf(text) {
    const seconds = /^[+-]?[\d.]/.test(text) ? numberOf(text) : null;
    if (seconds !== null)
        return Math.round(seconds * 1000);
    const ms = durationMs(text);
    if (ms === null)
        throw new BadParameter('step', `cannot parse ${JSON.stringify(text)} to a valid duration`);
    return ms;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/api.js






/** answerApi answers as Prometheus's HTTP API does, bodies of errors included. */
function answerApi(context, request) {
    if (request.path === '/-/ready')
        return api_text(200, 'Prometheus Server is Ready.\n');
    if (request.path === '/-/healthy')
        return api_text(200, 'Prometheus Server is Healthy.\n');
    const handler = handlerOf(request.path);
    if (handler === null)
        return api_text(404, '404 page not found\n');
    const methods = handler.post ? ['GET', 'POST'] : ['GET'];
    if (!methods.includes(request.method))
        return api_text(405, 'Method Not Allowed\n');
    try {
        return json(200, { status: 'success', data: handler.data(context, request.parameters) });
    }
    catch (error) {
        return api_failure(error);
    }
}
const api_handlers = {
    query: { post: true, data: queryData },
    query_range: {
        post: true,
        data: (context, parameters) => {
            const span = spanOf(parameters);
            return rangeQuery(context.storage, parameters.get('query') ?? '', span, context.rules);
        },
    },
    series: { post: true, data: (context, parameters) => selected(context, parameters, true).map(labelsOf) },
    labels: {
        post: true,
        data: (context, parameters) => sortedSet(selected(context, parameters, false).flatMap((series) => Object.keys(series.labels))),
    },
    targets: { post: false, data: targetsData },
    metadata: { post: false, data: () => ({}) },
    'status/buildinfo': { post: false, data: buildInfo },
    'status/config': { post: false, data: configData },
};
function handlerOf(path) {
    const name = /^\/api\/v1\/(.+)$/.exec(path)?.[1] ?? '';
    if (Object.hasOwn(api_handlers, name))
        return api_handlers[name];
    const label = /^label\/([^/]+)\/values$/.exec(name)?.[1];
    if (label === undefined)
        return null;
    return {
        post: false,
        data: (context, parameters) => {
            if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) {
                throw new PromqlError('bad_data', `invalid label name: ${JSON.stringify(label)}`);
            }
            const values = selected(context, parameters, false).map((series) => series.labels[label] ?? '');
            return sortedSet(values.filter((value) => value !== ''));
        },
    };
}
function queryData(context, parameters) {
    const time = timeOf(parameters, 'time') ?? context.now();
    return instantQuery(context.storage, parameters.get('query') ?? '', time, context.rules);
}
/** selected gives the series with a sample between start and end that any of the `match[]` selectors takes. */
function selected(context, parameters, needsMatch) {
    const start = timeOf(parameters, 'start') ?? Number.NEGATIVE_INFINITY;
    const end = timeOf(parameters, 'end') ?? Number.POSITIVE_INFINITY;
    const texts = parameters.getAll('match[]');
    if (needsMatch && texts.length === 0)
        throw new PromqlError('bad_data', 'no match[] parameter provided');
    const found = texts.length === 0
        ? context.storage.select([])
        : new Set(texts.flatMap((query) => matched(context, query)));
    return [...found].filter((series) => {
        const index = firstAfter(series.times, end) - 1;
        return (series.times[index] ?? Number.NEGATIVE_INFINITY) >= start && series.times[0] !== undefined;
    });
}
function matched(context, query) {
    const expr = parsePromql(query);
    if (expr.kind !== 'selector' || expr.range !== null) {
        throw new BadParameter('match[]', `1:1: parse error: unexpected ${JSON.stringify(query)}`);
    }
    return context.storage.select(expr.matchers);
}
function labelsOf(series) {
    return series.labels;
}
function sortedSet(values) {
    return [...new Set(values)].sort();
}
function targetsData(context) {
    const activeTargets = context.scraper.states().map((state) => ({
        discoveredLabels: { __address__: state.labels['instance'] ?? '', ...state.labels },
        labels: state.labels,
        scrapePool: state.labels['job'] ?? '',
        scrapeUrl: `http://${state.labels['instance']}/stats/prometheus`,
        globalUrl: `http://${state.labels['instance']}/stats/prometheus`,
        lastError: state.health === 'down' ? 'context deadline exceeded' : '',
        lastScrape: new Date(state.lastScrape ?? 0).toISOString(),
        lastScrapeDuration: 0.005,
        health: state.health,
        scrapeInterval: `${context.scrapeInterval / 1000}s`,
        scrapeTimeout: `${Math.min(10, context.scrapeInterval / 1000)}s`,
    }));
    return { activeTargets, droppedTargets: [] };
}
function buildInfo(context) {
    return { version: context.version, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' };
}
function configData(context) {
    const interval = `${context.scrapeInterval / 1000}s`;
    const jobs = sortedSet(context.scraper.states().map((state) => state.labels['job'] ?? ''));
    const config = {
        global: { scrape_interval: interval, evaluation_interval: interval },
        scrape_configs: jobs.map((job) => ({ job_name: job, scrape_interval: interval })),
    };
    return { yaml: (0,dist/* stringify */.As)(config) };
}
function api_failure(error) {
    if (error instanceof PromqlError) {
        const parse = /^\d+:\d+: parse error/.test(error.message);
        const message = parse ? `invalid parameter "query": ${error.message}` : error.message;
        const status = error.type === 'execution' ? 422 : 400;
        return json(status, { status: 'error', errorType: error.type, error: message });
    }
    if (error instanceof BadParameter || error instanceof TooManyPoints) {
        return json(400, { status: 'error', errorType: 'bad_data', error: error.message });
    }
    throw error;
}
function json(status, body) {
    return { status, contentType: 'application/json', body: JSON.stringify(body) };
}
function api_text(status, body) {
    return { status, contentType: 'text/plain; charset=utf-8', body };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/scraper.js


const ownMetrics = ['up', 'scrape_duration_seconds', 'scrape_samples_scraped'];
/** How often discovery tells of new and lost targets, in ms. */
const discoveryMs = 5000;
/**
 * createScraper reads targets every `interval` ms of virtual time and stores what they show. As Prometheus does:
 * a target that doesn't answer is `up` 0 and its series go stale at once; a series that a page no longer shows
 * goes stale at that scrape; the series of a target that discovery lost go stale as of the next scrape it would
 * have had, written two intervals later, so that a target that returns at once continues.
 */
function createScraper(storage, targets, interval) {
    const watched = new Map();
    let discovered = Number.NEGATIVE_INFINITY;
    return {
        states: () => [...watched.values()].filter((entry) => entry.lostAt === null),
        tick(now, seconds) {
            const round = Math.floor(now / discoveryMs);
            if (round > discovered) {
                discovered = round;
                discover(watched, targets(), now, interval);
            }
            for (const [key, entry] of watched) {
                if (entry.lostAt !== null) {
                    if (buryLost(storage, entry, now, interval))
                        watched.delete(key);
                    continue;
                }
                const due = latestDue(now, entry.offset, interval);
                if (due > now - seconds * 1000)
                    scrape(storage, entry, due);
            }
        },
    };
}
/** offsetOf spreads targets over the interval in whole seconds, so that a scrape falls on a tick. */
function offsetOf(key, interval) {
    const places = Math.max(1, Math.floor(interval / 1000));
    return ((0,simulation_random/* hashText */.q)(key, 0x5f3759df) % places) * 1000;
}
function latestDue(now, offset, interval) {
    return Math.floor((now - offset) / interval) * interval + offset;
}
function discover(watched, targets, now, interval) {
    const present = new Set();
    for (const target of targets) {
        const key = labelsKey(target.labels);
        present.add(key);
        const entry = watched.get(key);
        if (entry !== undefined) {
            entry.target = target;
            entry.lostAt = null;
            continue;
        }
        watched.set(key, {
            labels: target.labels,
            offset: offsetOf(key, interval),
            health: 'unknown',
            lastScrape: null,
            target,
            known: new WeakMap(),
            own: ownLabels(target.labels),
            shown: new Set(),
            lostAt: null,
        });
    }
    for (const [key, entry] of watched)
        if (!present.has(key))
            entry.lostAt ??= now;
}
function ownLabels(target) {
    const named = (name) => ({ __name__: name, ...target });
    return {
        up: named('up'),
        scrape_duration_seconds: named('scrape_duration_seconds'),
        scrape_samples_scraped: named('scrape_samples_scraped'),
    };
}
function buryLost(storage, entry, now, interval) {
    const staleTime = latestDue(entry.lostAt ?? now, entry.offset, interval) + interval;
    if (now < staleTime + interval * 1.1)
        return false;
    for (const series of entry.shown)
        storage.append(series, staleTime, null);
    return true;
}
function scrape(storage, entry, time) {
    const page = entry.target.scrape();
    entry.health = page === null ? 'down' : 'up';
    entry.lastScrape = time;
    const before = entry.shown;
    entry.shown = new Set();
    for (const sample of page ?? []) {
        const series = seriesOf(storage, entry, sample);
        entry.shown.add(series);
        storage.append(series, time, sample.value);
    }
    const own = {
        up: page === null ? 0 : 1,
        scrape_duration_seconds: 0.005,
        scrape_samples_scraped: page?.length ?? 0,
    };
    for (const name of ownMetrics) {
        const series = storage.series(entry.own[name]);
        entry.shown.add(series);
        storage.append(series, time, own[name]);
    }
    for (const series of before)
        if (!entry.shown.has(series))
            storage.append(series, time, null);
}
/** seriesOf finds the stored series of an exposed one: a label that the target has too becomes `exported_…`. */
function seriesOf(storage, entry, sample) {
    const found = entry.known.get(sample.labels);
    if (found !== undefined)
        return found;
    const labels = {};
    for (const [name, value] of Object.entries(sample.labels)) {
        labels[Object.hasOwn(entry.labels, name) ? `exported_${name}` : name] = value;
    }
    const series = storage.series({ ...labels, ...entry.labels });
    entry.known.set(sample.labels, series);
    return series;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/server.js


/** servePrometheus listens on 127.0.0.1. */
async function servePrometheus(answer, auth) {
    let fault = null;
    const waiting = new Set();
    const handle = async (request, response) => {
        if (auth !== null && !allowed(request, auth))
            return server_unauthorized(response);
        if (fault?.kind === 'hang')
            return;
        const apiRequest = await requestOf(request);
        const reply = inTheWay(fault, apiRequest.path) ?? answer(apiRequest);
        if (fault?.kind !== 'slow')
            return server_send(response, reply);
        const timer = setTimeout(() => {
            waiting.delete(timer);
            server_send(response, reply);
        }, fault.ms);
        waiting.add(timer);
    };
    const server = (0,external_node_http_.createServer)((request, response) => {
        handle(request, response).catch((error) => {
            const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
            server_send(response, { status: 500, contentType: plainText, body: why });
        });
    });
    const port = await listenOn(server, 0);
    const stop = async () => {
        for (const timer of waiting)
            clearTimeout(timer);
        waiting.clear();
        if (server.listening)
            await server_closed(server);
    };
    return {
        url: `http://127.0.0.1:${port}`,
        fault: () => fault,
        async setFault(next) {
            fault = next;
            if (next?.kind === 'down')
                await stop();
            else if (!server.listening)
                await listenOn(server, port);
        },
        close: stop,
    };
}
const plainText = 'text/plain; charset=utf-8';
const loginPage = '<!doctype html><html><head><title>Sign in</title></head><body>Sign in to go on.</body></html>\n';
/** inTheWay gives what something before Prometheus answers in its place; null where nothing does. */
function inTheWay(fault, path) {
    if (fault?.kind === 'unavailable') {
        return { status: 503, contentType: plainText, body: 'Service Unavailable\n' };
    }
    if (fault?.kind === 'html')
        return { status: 200, contentType: 'text/html; charset=utf-8', body: loginPage };
    if (fault?.kind !== 'empty' || !path.startsWith('/api/v1/query'))
        return null;
    const resultType = path.endsWith('query_range') ? 'matrix' : 'vector';
    const body = JSON.stringify({ status: 'success', data: { resultType, result: [] } });
    return { status: 200, contentType: 'application/json', body };
}
async function requestOf(request) {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const parameters = new URLSearchParams();
    const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    // What the form says comes first and counts, as with Go's FormValue.
    const sources = [form ? await bodyOf(request) : '', url.search];
    for (const source of sources) {
        for (const [name, value] of new URLSearchParams(source))
            parameters.append(name, value);
    }
    return { method: request.method ?? 'GET', path: url.pathname, parameters };
}
function allowed(request, auth) {
    const wanted = 'bearer' in auth
        ? `Bearer ${auth.bearer}`
        : `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
    return request.headers.authorization === wanted;
}
function server_unauthorized(response) {
    response.setHeader('www-authenticate', 'Basic');
    server_send(response, { status: 401, contentType: plainText, body: 'Unauthorized\n' });
}
function server_send(response, { status, contentType, body }) {
    if (response.destroyed || response.headersSent)
        return;
    response.writeHead(status, {
        'content-type': contentType,
        'content-length': String(Buffer.byteLength(body)),
    });
    response.end(body);
}
function listenOn(server, port) {
    return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
            server.off('error', reject);
            resolve(server.address().port);
        });
    });
}
function server_closed(server) {
    return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
    });
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/prometheus/prometheus.js





const day = 86_400_000;
/** createPrometheus makes an embedded Prometheus with an empty store. */
function createPrometheus(options) {
    const storage = createStorage();
    const scrapeInterval = options.scrapeInterval ?? 15_000;
    const retention = options.retention ?? day / 4;
    const world = options.condition === undefined ? null : { ...options.condition, now: options.now };
    const targets = world === null ? options.targets : conditionTargets(world, options.targets);
    const seen = world === null ? () => storage : conditionStorage(world, storage);
    const scraper = createScraper(storage, targets, scrapeInterval);
    const rules = { lookback: 300_000, rangeStart: options.major === 3 ? 'open' : 'closed' };
    const version = options.major === 3 ? '3.5.0' : '2.42.0';
    const context = { scraper, rules, scrapeInterval, version, now: options.now };
    let server = null;
    const requests = [];
    let swept = options.now();
    const answer = (request) => answerApi({ ...context, storage: seen() }, request);
    const logged = (request) => {
        requests.push({ at: options.now(), path: request.path, parameters: [...request.parameters] });
        return answer(request);
    };
    return {
        storage,
        requests,
        answer,
        targets: () => scraper.states(),
        tick(now, seconds) {
            if (server?.fault()?.kind === 'down')
                return;
            scraper.tick(now, seconds);
            if (now - swept < retention / 12)
                return;
            swept = now;
            storage.forget(now - retention);
        },
        async listen() {
            server = await servePrometheus(logged, options.auth ?? null);
            return server.url;
        },
        async setFault(fault) {
            await server?.setFault(fault);
        },
        async close() {
            await server?.close();
        },
    };
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/scenarios/system.js
/** istioVersion is what the sandbox's control plane and proxies claim to be. */
const istioVersion = '1.30.3';
function node(name, address) {
    return `
apiVersion: v1
kind: Node
metadata:
  name: ${name}
  labels: {kubernetes.io/hostname: ${name}, node.kubernetes.io/instance-type: n2-standard-8, topology.kubernetes.io/zone: zone-a}
status:
  capacity: {cpu: "8", memory: 32Gi, pods: "110"}
  allocatable: {cpu: "8", memory: 31Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: KubeletReady}]
  addresses: [{type: InternalIP, address: ${address}}, {type: Hostname, address: ${name}}]
  nodeInfo: {kubeletVersion: v1.34.0}
---`;
}
function systemDeployment(name, labels, image, container, replicas) {
    return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: istio-system, labels: {${labels}}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}, sidecar.istio.io/inject: "false"}}
    spec:
      serviceAccountName: ${name}
      containers: [{name: ${container}, image: "${image}", resources: {requests: {cpu: 500m, memory: 2Gi}}}]
---`;
}
function namespace(name, injected) {
    return `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}${injected ? ', labels: {istio-injection: enabled}' : ''}}
---`;
}
/** systemManifests is the cluster that every scenario starts with: nodes, namespaces, Istio and Prometheus. */
const systemManifests = `
${namespace('default', false)}
${namespace('kube-system', false)}
${namespace('istio-system', false)}
${namespace('shop', true)}
${node('node-1', '10.0.0.11')}
${node('node-2', '10.0.0.12')}
${node('node-3', '10.0.0.13')}
${systemDeployment('istiod', 'app: istiod, istio: pilot, istio.io/rev: default', `docker.io/istio/pilot:${istioVersion}`, 'discovery', 2)}
${systemDeployment('istio-ingressgateway', 'app: istio-ingressgateway, istio: ingressgateway', `docker.io/istio/proxyv2:${istioVersion}`, 'istio-proxy', 2)}
${systemDeployment('prometheus', 'app.kubernetes.io/name: prometheus', 'docker.io/prom/prometheus:v3.5.0', 'prometheus', 1)}
apiVersion: v1
kind: Service
metadata: {name: istiod, namespace: istio-system, labels: {app: istiod, istio: pilot, istio.io/rev: default}}
spec:
  selector: {app: istiod, istio: pilot}
  ports: [{name: grpc-xds, port: 15010}, {name: https-dns, port: 15012}, {name: https-webhook, port: 443, targetPort: 15017}, {name: http-monitoring, port: 15014}]
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system, labels: {app: istio-ingressgateway, istio: ingressgateway}}
spec:
  type: LoadBalancer
  selector: {app: istio-ingressgateway, istio: ingressgateway}
  ports: [{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]
---
apiVersion: v1
kind: Service
metadata: {name: prometheus, namespace: istio-system}
spec:
  selector: {app.kubernetes.io/name: prometheus}
  ports: [{name: http, port: 9090}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system, labels: {istio.io/rev: default}}
data:
  mesh: |
    defaultConfig:
      discoveryAddress: istiod.istio-system.svc:15012
    defaultProviders:
      metrics: [prometheus]
    enablePrometheusMerge: true
    rootNamespace: istio-system
    trustDomain: cluster.local
  meshNetworks: 'networks: {}'
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector, namespace: istio-system, labels: {istio.io/rev: default}}
data:
  values: '{"global":{"proxy":{"clusterDomain":"cluster.local","resources":{"requests":{"cpu":"100m","memory":"128Mi"}}}}}'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-sidecar-injector, labels: {app: sidecar-injector, istio.io/rev: default}}
webhooks:
- name: namespace.sidecar-injector.istio.io
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: {service: {name: istiod, namespace: istio-system, path: /inject, port: 443}}
  namespaceSelector: {matchLabels: {istio-injection: enabled}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: istiod-default-validator, labels: {app: istiod, istio: istiod, istio.io/rev: default}}
webhooks:
- name: validation.istio.io
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: {service: {name: istiod, namespace: istio-system, path: /validate, port: 443}}
  rules:
  - {apiGroups: [security.istio.io, networking.istio.io, telemetry.istio.io], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: ["*"]}
---
`;

;// CONCATENATED MODULE: ./.build/lib/sandbox/time/clock.js

const longestStep = 1000;
/**
 * createClock makes a clock that stands at `start` (ms since the epoch). `speed` is virtual seconds per real
 * second, null for as fast as the world can live.
 */
function createClock(options) {
    const world = new World(options.start, options.speed);
    return {
        now: () => world.now,
        attach: () => world.attach(),
        onTick(listener) {
            world.listeners.push(listener);
            return () => {
                world.listeners = world.listeners.filter((other) => other !== listener);
            };
        },
        at: (time, event) => world.schedule({ time, event }),
        advance: (ms) => world.advance(ms),
        setSpeed: (speed) => world.pace.setSpeed(speed),
        close: () => world.close(),
    };
}
class World {
    now;
    listeners = [];
    participants = new Set();
    sleeps = [];
    events = [];
    goal = null;
    moving = null;
    closed = false;
    counter = 0;
    pace;
    constructor(start, speed) {
        this.now = start;
        this.pace = new Pace(speed);
    }
    attach() {
        const id = `participant-${++this.counter}`;
        this.participants.add(id);
        return {
            id,
            sleep: (ms, signal) => this.sleep(id, ms, signal),
            detach: () => {
                this.participants.delete(id);
                this.sleeps = this.sleeps.filter((sleep) => sleep.owner !== id);
                this.go();
            },
        };
    }
    schedule(timed) {
        const index = this.events.findIndex((other) => other.time > timed.time);
        this.events.splice(index === -1 ? this.events.length : index, 0, timed);
    }
    async advance(ms) {
        if (this.participants.size > 0)
            throw new failure/* Failure */.HR('refused', 'Somebody is attached: time is theirs to move.');
        await this.moving;
        this.goal = this.now + ms;
        this.go();
        await this.moving;
    }
    close() {
        this.closed = true;
        this.sleeps = [];
        this.events = [];
        this.pace.stop();
    }
    sleep(owner, ms, signal) {
        return new Promise((resolve, reject) => {
            if (signal.aborted)
                return reject(signal.reason);
            if (!this.participants.has(owner))
                return reject(new failure/* Failure */.HR('refused', `${owner} is not attached.`));
            const stop = () => {
                this.sleeps = this.sleeps.filter((other) => other !== entry);
                reject(signal.reason);
            };
            const entry = {
                owner,
                until: this.now + Math.max(0, ms),
                wake: (now) => {
                    signal.removeEventListener('abort', stop);
                    resolve(now);
                },
                fail: reject,
            };
            signal.addEventListener('abort', stop, { once: true });
            this.sleeps.push(entry);
            this.go();
        });
    }
    go() {
        if (this.moving !== null || this.closed)
            return;
        this.moving = this.move().finally(() => {
            this.moving = null;
            if (this.target() !== null)
                this.go();
        });
        this.moving.catch(() => { });
    }
    /** target is the moment to move to; null while time has to stand still. */
    target() {
        if (this.closed)
            return null;
        if (this.participants.size === 0)
            return this.goal;
        const asleep = new Set(this.sleeps.map((sleep) => sleep.owner));
        for (const id of this.participants)
            if (!asleep.has(id))
                return null;
        return Math.min(...this.sleeps.map((sleep) => sleep.until));
    }
    async move() {
        for (let aim = this.target(); aim !== null; aim = this.target()) {
            // Lets requests that have arrived be seen before time goes on; they may change what there is to wait for.
            await this.pace.wait(this.now, this.momentBefore(aim));
            const target = this.target();
            if (target === null)
                return;
            try {
                await this.live(this.momentBefore(target));
            }
            catch (error) {
                for (const sleep of this.sleeps.splice(0))
                    sleep.fail(error);
                this.goal = null;
                throw error;
            }
            if (this.goal !== null && this.now >= this.goal)
                this.goal = null;
            const due = this.sleeps.filter((sleep) => sleep.until <= this.now);
            this.sleeps = this.sleeps.filter((sleep) => sleep.until > this.now);
            for (const sleep of due)
                sleep.wake(this.now);
        }
    }
    /** momentBefore gives the target, the next event or the next whole second, whichever is first. */
    momentBefore(target) {
        const second = (Math.floor(this.now / longestStep) + 1) * longestStep;
        const event = this.events[0]?.time ?? Number.POSITIVE_INFINITY;
        return Math.max(this.now, Math.min(target, second, event));
    }
    async live(until) {
        const before = this.now;
        this.now = until;
        if (until > before) {
            for (const listener of [...this.listeners])
                await listener(until, (until - before) / 1000);
        }
        for (let first = this.events[0]; first !== undefined && first.time <= this.now; first = this.events[0]) {
            this.events.shift();
            await first.event();
        }
    }
}
/** Pace holds virtual time back to a speed; without one it only gives way to waiting input. */
class Pace {
    speed;
    origin = null;
    timer = null;
    release = null;
    constructor(speed) {
        this.speed = speed;
    }
    /** wait resolves when virtual time may go from `now` to `next`. */
    async wait(now, next) {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.speed === null)
            return;
        const real = performance.now();
        this.origin ??= { real, virtual: now };
        const ahead = this.origin.real + (next - this.origin.virtual) / this.speed - real;
        // Time that stood still is not made up for.
        if (ahead <= 0)
            this.origin = { real, virtual: next };
        else {
            await new Promise((resolve) => {
                this.release = resolve;
                this.timer = setTimeout(resolve, ahead);
            });
        }
    }
    setSpeed(speed) {
        this.speed = speed;
        this.origin = null;
    }
    stop() {
        if (this.timer !== null)
            clearTimeout(this.timer);
        this.release?.();
    }
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/time/clock-server.js

/**
 * serveClock lets other processes live in virtual time. `GET /clock/attach` streams: its first line is
 * `{"participant","now"}`, closing it detaches. `POST /clock/sleep {"participant","ms"}` answers `{"now"}` once
 * time has advanced that far. `POST /clock/advance {"ms"}` moves time while no process is attached, else 409.
 * `GET /clock` gives `{"now"}`. Times in ms since the epoch.
 */
function serveClock(clock) {
    const participants = new Map();
    return listen(async (request, response) => {
        const route = `${request.method} ${(request.url ?? '').split('?')[0]}`;
        if (route === 'GET /clock')
            sendJson(response, 200, { now: clock.now() });
        else if (route === 'GET /clock/attach')
            attach(clock, participants, response);
        else if (route === 'POST /clock/sleep')
            await sleep(participants, request, response);
        else if (route === 'POST /clock/advance')
            await advance(clock, request, response);
        else
            sendText(response, 404, 'The clock knows /clock, /clock/attach, /clock/sleep and /clock/advance.');
    });
}
function attach(clock, participants, response) {
    const participant = clock.attach();
    participants.set(participant.id, participant);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`${JSON.stringify({ participant: participant.id, now: clock.now() })}\n`);
    response.on('close', () => {
        participants.delete(participant.id);
        participant.detach();
    });
}
async function sleep(participants, request, response) {
    const body = objectIn(await bodyOf(request));
    const participant = participants.get(String(body.participant));
    const ms = msOf(body);
    if (participant === undefined)
        return sendText(response, 404, 'No such participant is attached.');
    if (ms === null)
        return sendText(response, 400, 'ms has to be a number of milliseconds, at least 0.');
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
        sendJson(response, 200, { now: await participant.sleep(ms, gone.signal) });
    }
    catch (error) {
        if (!gone.signal.aborted)
            throw error;
    }
}
async function advance(clock, request, response) {
    const ms = msOf(objectIn(await bodyOf(request)));
    if (ms === null)
        return sendText(response, 400, 'ms has to be a number of milliseconds, at least 0.');
    try {
        await clock.advance(ms);
    }
    catch (error) {
        return sendText(response, 409, error instanceof Error ? error.message : String(error));
    }
    sendJson(response, 200, { now: clock.now() });
}
function objectIn(text) {
    try {
        const value = JSON.parse(text);
        return typeof value === 'object' && value !== null ? value : {};
    }
    catch {
        return {};
    }
}
function msOf(body) {
    const ms = body.ms;
    return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? ms : null;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/sandbox.js











/** Virtual time begins here, so that runs of the same seed are equal to the second. */
const origin = Date.UTC(2026, 0, 12, 9, 0, 0);
/** startSandbox brings a scenario to life, lives through its history and stops at its second 0. */
async function startSandbox(options) {
    const sandbox = await assemble(options);
    try {
        await begin(sandbox);
    }
    catch (error) {
        await sandbox.close();
        throw error;
    }
    sandbox.clock.setSpeed(options.speed ?? null);
    return sandbox;
}
async function assemble(options) {
    const { scenario } = options;
    const clock = createClock({ start: origin - scenario.warmup * 1000, speed: null });
    const requests = [];
    const world = await createWorld(options, clock, requests);
    const { cluster, dataPlane, prometheus, prometheusUrl } = world;
    const [clockServer, entrance, forge] = await Promise.all([
        serveClock(clock),
        serveMesh(dataPlane),
        serveForge(requests, clock.now),
    ]);
    return {
        apiUrl: cluster.url,
        prometheusUrl,
        githubUrl: forge.url,
        clockUrl: clockServer.url,
        meshUrl: entrance.url,
        kubeconfig: cluster.kubeconfigFor(ciToken),
        kubeconfigFor: cluster.kubeconfigFor,
        adminToken: adminToken,
        ciToken: ciToken,
        scenario,
        start: origin,
        requests,
        store: cluster.store,
        clock,
        workloads: cluster.workloads,
        dataPlane,
        prometheus,
        forge,
        access: cluster.access,
        api: cluster.faults,
        apply: cluster.apply,
        at: (ms, event) => clock.at(origin + ms, event),
        async close() {
            clock.close();
            dataPlane.close();
            await Promise.all([cluster, clockServer, entrance, forge, prometheus].map((server) => server.close()));
        },
    };
}
/** createWorld joins what lives in virtual time: the cluster, its mesh, its Prometheus. */
async function createWorld(options, clock, log) {
    const { scenario } = options;
    const random = (0,simulation_random/* createRandom */.s)(options.seed);
    let prometheusUrl = null;
    const cluster = await startCluster({
        clock,
        random: random.fork('cluster'),
        log,
        ...(options.rbac === undefined ? {} : { rbac: options.rbac }),
        backend: (namespace, name) => namespace === 'istio-system' && name === 'prometheus' ? prometheusUrl : null,
    });
    const dataPlane = createDataPlane({
        store: cluster.store,
        now: clock.now,
        random: random.fork('mesh'),
        model: scenario.traffic,
        origin,
        service: { namespace: scenario.namespace, name: scenario.service },
        istioVersion: istioVersion,
    });
    const machines = scenario.strains === undefined
        ? null
        : createMachines({ store: cluster.store, now: clock.now, origin, strains: scenario.strains });
    const prometheus = createPrometheus({
        targets: () => [...dataPlane.targets(), ...(machines?.targets() ?? [])],
        now: clock.now,
        ...(options.metrics === undefined
            ? {}
            : { condition: { condition: options.metrics, canary: scenario.canary, origin } }),
    });
    clock.onTick((now, seconds) => {
        cluster.workloads.tick();
        dataPlane.tick(now, seconds);
        prometheus.tick(now, seconds);
    });
    prometheusUrl = await prometheus.listen();
    return { cluster, dataPlane, prometheus, prometheusUrl };
}
/** begin lives through the history and applies what the step before the release applied. */
async function begin(sandbox) {
    const { scenario, clock } = sandbox;
    sandbox.apply(scenario.manifests);
    await clock.advance(scenario.warmup * 1000);
    sandbox.apply(scenario.deploy);
    for (const fault of scenario.faults)
        sandbox.at(fault.at * 1000, () => strike(sandbox, fault));
}
async function strike({ scenario, store, workloads, prometheus }, { what }) {
    const canary = store
        .list('Deployment', scenario.namespace)
        .find(({ metadata }) => metadata.labels?.version === scenario.canary)?.metadata.name;
    const breakCanary = (fault) => {
        if (canary !== undefined)
            workloads.setFault(scenario.namespace, canary, fault);
    };
    if (what === 'prometheus-down')
        await prometheus.setFault({ kind: 'down' });
    else if (what === 'prometheus-up')
        await prometheus.setFault(null);
    else if (what === 'canary-crashes')
        breakCanary({ kind: 'crashLoop', afterSeconds: 0 });
    else if (what === 'canary-unschedulable')
        breakCanary({ kind: 'unschedulable' });
    else
        breakCanary(null);
}

// EXTERNAL MODULE: ./.build/lib/simulation/traffic-model.js
var traffic_model = __webpack_require__(2721);
;// CONCATENATED MODULE: ./.build/lib/sandbox/scenarios/shop.js
/** serviceManifest is the Service whose releases are shown. */
const serviceManifest = `
apiVersion: v1
kind: Service
metadata: {name: my-api, namespace: shop, labels: {app: my-api}}
spec:
  selector: {app: my-api}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
`;
/** callerManifest is a workload in the mesh that calls it. */
const callerManifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: v1}}
    spec:
      containers: [{name: web, image: "registry.example.com/web:v1"}]
---
`;
/** deploymentManifest is one version of the service: a Deployment of its own, with a version label. */
function deploymentManifest(version) {
    return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: my-api-${version}, namespace: shop, labels: {app: my-api, version: ${version}}}
spec:
  replicas: 3
  selector: {matchLabels: {app: my-api, version: ${version}}}
  template:
    metadata: {labels: {app: my-api, version: ${version}}}
    spec:
      containers:
      - name: my-api
        image: registry.example.com/my-api:${version}
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 100m, memory: 128Mi}}
---
`;
}
/** routeManifests send everything to one version, for callers in the mesh and at the edge. */
function routeManifests(version) {
    return `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [shop.example.com]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-api, namespace: shop}
spec:
  host: my-api.shop.svc.cluster.local
  subsets:
  - name: ${version}
    labels: {version: ${version}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-api, namespace: shop}
spec:
  hosts: [my-api.shop.svc.cluster.local, shop.example.com]
  gateways: [mesh, shop]
  http:
  - name: main
    timeout: 2s
    route:
    - destination: {host: my-api.shop.svc.cluster.local, subset: ${version}}
      weight: 100
---
`;
}

;// CONCATENATED MODULE: ./.build/lib/sandbox/scenarios/catalogue.js



/** What a version of the shop's service fails of its requests on a good day. */
const usual = 0.002;
/** A little more than the hour of history that a release looks at. */
const warmup = 3_900;
const both = [
    { name: 'web', namespace: 'shop', through: 'sidecar', share: 0.6 },
    { name: 'istio-ingressgateway', namespace: 'istio-system', through: 'gateway', share: 0.4 },
];
function catalogue_traffic(perSecond, canary) {
    return {
        rate: { kind: 'constant', perSecond },
        callers: both,
        versions: { v1: (0,traffic_model/* healthyVersion */.G)(usual), v2: canary },
        others: (0,traffic_model/* healthyVersion */.G)(usual),
        timeoutMs: 2_000,
    };
}
const good = {
    name: 'good',
    description: 'v2 is as good as v1, at 20 requests a second: it is promoted step by step.',
    namespace: 'shop',
    service: 'my-api',
    stable: 'v1',
    canary: 'v2',
    manifests: [
        systemManifests,
        serviceManifest,
        callerManifest,
        deploymentManifest('v1'),
        routeManifests('v1'),
    ].join('\n'),
    deploy: deploymentManifest('v2'),
    warmup,
    traffic: catalogue_traffic(20, (0,traffic_model/* healthyVersion */.G)(usual)),
    faults: [],
    args: {},
};
/** scenarios are the lives that demo and tests can start, by name. The first is the default. */
const scenarios = [
    good,
    {
        ...good,
        name: 'errors',
        description: 'v2 fails 5% of its requests: it is rolled back.',
        traffic: catalogue_traffic(20, (0,traffic_model/* healthyVersion */.G)(0.05)),
    },
    {
        ...good,
        name: 'slow',
        description: 'v2 often takes longer than its callers wait: they see 504, and it is rolled back.',
        traffic: catalogue_traffic(20, {
            errors: { kind: 'constant', share: usual },
            latency: { medianMs: 900, spread: 0.8 },
        }),
    },
    {
        ...good,
        name: 'low-traffic',
        description: 'One request in four seconds: too few to prove anything before the step times out.',
        traffic: {
            ...catalogue_traffic(0.25, (0,traffic_model/* healthyVersion */.G)(0)),
            // One failure among so few would look like a bad version: this is about numbers alone.
            versions: {},
            others: (0,traffic_model/* healthyVersion */.G)(0),
        },
    },
    {
        ...good,
        name: 'no-traffic',
        description: 'Nobody calls the service, and it has no route yet: nothing can be proven.',
        manifests: [systemManifests, serviceManifest, callerManifest, deploymentManifest('v1')].join('\n'),
        traffic: {
            ...catalogue_traffic(0, (0,traffic_model/* healthyVersion */.G)(0)),
            callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
            // Who calls by hand shall see what the routes do, and no luck beside it.
            versions: {},
            others: (0,traffic_model/* healthyVersion */.G)(0),
        },
    },
    {
        ...good,
        name: 'outage',
        description: 'Prometheus dies four minutes into the release and stays away: traffic is held, then put back.',
        faults: [{ at: 240, what: 'prometheus-down' }],
    },
    {
        ...good,
        name: 'first',
        description: 'No route for the service exists yet: DestinationRule and VirtualService are made.',
        manifests: [systemManifests, serviceManifest, callerManifest, deploymentManifest('v1')].join('\n'),
        traffic: {
            ...catalogue_traffic(20, (0,traffic_model/* healthyVersion */.G)(usual)),
            callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
        },
    },
    {
        ...good,
        name: 'initial',
        description: 'No version serves yet: the first one gets all the traffic and is watched.',
        stable: null,
        canary: 'v1',
        manifests: [systemManifests, serviceManifest, callerManifest].join('\n'),
        deploy: deploymentManifest('v1'),
        traffic: {
            ...catalogue_traffic(20, (0,traffic_model/* healthyVersion */.G)(usual)),
            // Nobody calls a service that isn't there.
            rate: {
                kind: 'steps',
                steps: [
                    { from: -warmup, perSecond: 0 },
                    { from: 60, perSecond: 20 },
                ],
            },
            callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
        },
    },
];
/** scenarioNamed finds a scenario; null for an unknown name. */
function scenarioNamed(name) {
    return scenarios.find((scenario) => scenario.name === name) ?? null;
}

;// CONCATENATED MODULE: ./.build/lib/cli/sandbox/world.js





/**
 * startSandboxWorld starts the sandbox that `--scenario`, `--metrics`, `--seed` and `--speed` ask for. It throws Failure
 * `invalid-input` for an unknown name, and for a seed or speed that is no number.
 */
async function startSandboxWorld(parsed) {
    const scenario = scenarioOf(parsed);
    const metrics = conditionOf(parsed);
    const sandbox = await startSandbox({
        scenario,
        ...(metrics === null ? {} : { metrics }),
        seed: world_numberOf(parsed, 'seed', /^\d{1,9}$/, 'a whole number of at most nine digits') ?? 1,
        speed: world_numberOf(parsed, 'speed', /^\d{1,6}(\.\d+)?$/, 'a number above 0, e.g. 60'),
    });
    return { sandbox, options: optionsFor(sandbox), env: { SHIFTGATE_SANDBOX_CLOCK: sandbox.clockUrl } };
}
function scenarioOf(parsed) {
    const name = parsed.given.get('scenario')?.text;
    if (name === undefined)
        return scenarios[0];
    return (scenarioNamed(name) ??
        unknownName('scenario', name, scenarios.map((each) => each.name)));
}
function conditionOf(parsed) {
    const name = parsed.given.get('metrics')?.text;
    if (name === undefined)
        return null;
    const names = Object.keys(metricsConditions);
    return names.includes(name) ? name : unknownName('metrics', name, names);
}
function unknownName(flag, name, names) {
    throw new failure/* Failure */.HR('invalid-input', `--${flag}: ${JSON.stringify(name.slice(0, 80))} is not one of: ${names.join(', ')}.${(0,suggest/* didYouMean */.a)(name, names, (near) => `"${near}"`)}`, { details: { field: flag, value: name.slice(0, 200) } });
}
function world_numberOf(parsed, name, shape, wanted) {
    const text = parsed.given.get(name)?.text;
    if (text === undefined)
        return null;
    const number = shape.test(text) ? Number(text) : 0;
    if (number > 0 || (name === 'seed' && text === '0'))
        return number;
    throw new failure/* Failure */.HR('invalid-input', `--${name}: ${JSON.stringify(text.slice(0, 80))} is not ${wanted}.`, {
        details: { field: name, value: text.slice(0, 200) },
    });
}
function optionsFor({ scenario, ...sandbox }) {
    const { state, url } = sandbox.forge;
    return new Map([
        ['namespace', scenario.namespace],
        ['service', scenario.service],
        ['version', scenario.canary],
        ['kubeconfig', sandbox.kubeconfig],
        ['prometheus-url', sandbox.prometheusUrl],
        ['token', state.token],
        ['repository', `${state.owner}/${state.name}`],
        ['commit', state.commits[0]?.sha ?? ''],
        ['github-api-url', `${url}/api/v3`],
        ...Object.entries(scenario.args),
    ]);
}


/***/ })

};
