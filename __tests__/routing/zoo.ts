/** Inputs as people really write them, and what a release makes of them. */
export interface Animal {
  name: string
  yaml: string
  /** Versions, where not v1 and v2 of `reviews`; the DestinationRule is added unless the input has one. */
  stable?: string
  canary?: string
  service?: string
  /** Routes once pinned, in `routesText`'s words; or the codes of the refusal. */
  pinned: string[] | { refused: string[] }
  /** Routes at 10%, where pinned. */
  tenth?: string[]
  /** Codes that the reader is warned with, among others. */
  warned?: string[]
  /** The input itself breaks the schema, on purpose. */
  loose?: boolean
}

const host = 'reviews.prod.svc.cluster.local'
const service = (name: string, http: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: prod}
spec:
  hosts: [${host}]${more}
  http:
${http}`

const mesh = 'v1=100 v2=0'
const tenth = 'v1=90 v2=10'

export const zoo: Animal[] = [
  {
    name: 'a weight omitted beside another one: today everything goes to v2',
    yaml: service(
      'reviews',
      `  - route:
    - destination: {host: ${host}, subset: v1}
    - destination: {host: ${host}, subset: v2}
      weight: 10`,
    ),
    pinned: ['reviews http/0: v1=10 v2=0'],
    tenth: ['reviews http/0: v1=9 v2=1'],
    warned: ['SG-weight-omitted'],
  },
  {
    name: 'a single destination with weight 0 gets everything; short names; v1beta1',
    yaml: `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
  - route:
    - destination: {host: reviews, subset: v1}
      weight: 0`,
    pinned: [`reviews http/0: ${mesh}`],
    tenth: [`reviews http/0: ${tenth}`],
  },
  {
    name: 'three destinations whose weights sum to 10: the third keeps its tenth',
    yaml: service(
      'reviews',
      `  - name: default
    route:
    - destination: {host: ${host}, subset: v1}
      weight: 8
    - destination: {host: ${host}, subset: v2}
      weight: 1
    - destination: {host: reviews-legacy.prod.svc.cluster.local}
      weight: 1`,
    ),
    pinned: ['reviews http/0: v1=9 v2=0 reviews-legacy.prod.svc.cluster.local=1'],
    tenth: ['reviews http/0: v1=81 v2=9 reviews-legacy.prod.svc.cluster.local=10'],
  },
  {
    name: 'testers by header before the weighted default stay where they are',
    yaml: service(
      'reviews',
      `  - name: testers
    match:
    - headers: {x-canary: {exact: "true"}, cookie: {regex: "^(.*?;)?(canary=always)(;.*)?$"}}
    - sourceLabels: {app: smoke-test}
    route:
    - destination: {host: ${host}, subset: v2}
  - name: primary
    route:
    - destination: {host: ${host}, subset: v1}
      weight: 100
    - destination: {host: ${host}, subset: v2}
      weight: 0`,
    ),
    pinned: ['reviews http/0: v2=-', `reviews http/1: ${mesh}`],
    tenth: ['reviews http/0: v2=-', `reviews http/1: ${tenth}`],
    warned: ['SG-left-alone'],
  },
  {
    name: 'one VirtualService for mesh and gateway: every rule that ends at the Service, no other',
    service: 'checkout',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: prod}
spec:
  hosts: [shop.example.com, checkout.prod.svc.cluster.local]
  gateways: [mesh, istio-ingress/public]
  exportTo: ["*"]
  http:
  - match:
    - uri: {prefix: /checkout/}
      gateways: [istio-ingress/public]
      ignoreUriCase: true
    rewrite: {uri: /}
    timeout: 15s
    retries: {attempts: 3, perTryTimeout: 4s, retryOn: "gateway-error,connect-failure,503"}
    corsPolicy:
      allowOrigins: [{exact: https://shop.example.com}]
      maxAge: 24h
    route:
    - destination: {host: checkout.prod.svc.cluster.local, subset: v1, port: {number: 8080}}
      weight: 100
      headers: {response: {add: {x-served-by: v1}}}
  - match: [{uri: {exact: /checkout}, gateways: [istio-ingress/public]}]
    redirect: {uri: /checkout/, redirectCode: 308}
  - match: [{gateways: [mesh]}]
    route:
    - destination: {host: checkout.prod.svc.cluster.local, subset: v1}
  - match: [{uri: {prefix: /maintenance}}]
    directResponse: {status: 503, body: {string: "back soon\\n"}}
  - route:
    - destination: {host: web.prod.svc.cluster.local}`,
    pinned: [`shop http/0: ${mesh}`, `shop http/2: ${mesh}`, 'shop http/4: web.prod.svc.cluster.local=-'],
    tenth: [`shop http/0: ${tenth}`, `shop http/2: ${tenth}`, 'shop http/4: web.prod.svc.cluster.local=-'],
    warned: ['SG-header-names-version'],
  },
  {
    name: 'weights in a delegate; its root has none; an API version of its own path stays',
    service: 'checkout',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge, namespace: istio-ingress}
spec:
  hosts: [shop.example.com]
  gateways: [public]
  http:
  - match: [{uri: {prefix: /checkout}}]
    delegate: {name: checkout-routes, namespace: prod}
  - delegate: {name: web-routes, namespace: prod}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: checkout-routes, namespace: prod}
spec:
  exportTo: [istio-ingress]
  http:
  - match: [{uri: {prefix: /checkout/v2}}]
    route: [{destination: {host: checkout.prod.svc.cluster.local, subset: v2}}]
  - route: [{destination: {host: checkout.prod.svc.cluster.local, subset: v1}}]`,
    pinned: ['checkout-routes http/0: v2=-', `checkout-routes http/1: ${mesh}`, `checkout http/0: ${mesh}`],
    tenth: ['checkout-routes http/0: v2=-', `checkout-routes http/1: ${tenth}`, `checkout http/0: ${tenth}`],
    warned: ['SG-mesh-route-made', 'SG-left-alone'],
  },
  {
    name: 'short name, dotted short name and FQDN mixed: the dotted one goes nowhere and is named',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-mixed, namespace: prod}
spec:
  hosts: [reviews]
  http:
  - match: [{uri: {prefix: /a}}]
    route: [{destination: {host: reviews, subset: v1}}]
  - match: [{uri: {prefix: /b}}]
    route: [{destination: {host: reviews.prod, subset: v1}}]
  - route: [{destination: {host: ${host}, subset: v1}}]`,
    pinned: [`reviews-mixed http/0: ${mesh}`, 'reviews-mixed http/1: v1=-', `reviews-mixed http/2: ${mesh}`],
    warned: ['IST0101'],
  },
  {
    name: 'mirror in the old spelling and a list of mirrors stay as written; v1alpha3',
    yaml: `
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata: {name: reviews-mirror, namespace: prod}
spec:
  hosts: [${host}]
  http:
  - match: [{uri: {prefix: /old}}]
    route: [{destination: {host: ${host}, subset: v1}, weight: 100}]
    mirror: {host: ${host}, subset: v2}
    mirrorPercent: 50
  - route: [{destination: {host: ${host}, subset: v1}, weight: 100}]
    mirrors:
    - destination: {host: ${host}, subset: v2}
      percentage: {value: 0.1}
    - destination: {host: audit.prod.svc.cluster.local, port: {number: 9000}}`,
    pinned: [`reviews-mirror http/0: ${mesh}`, `reviews-mirror http/1: ${mesh}`],
    tenth: [`reviews-mirror http/0: ${tenth}`, `reviews-mirror http/1: ${tenth}`],
    warned: ['SG-mirror'],
  },
  {
    name: 'http, tls and tcp routes of one Service; a tcp canary somebody left at 10',
    service: 'broker',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: broker, namespace: prod}
spec:
  hosts: [broker.prod.svc.cluster.local]
  http:
  - match: [{port: 8161}]
    route: [{destination: {host: broker.prod.svc.cluster.local, subset: v1, port: {number: 8161}}}]
  tls:
  - match: [{port: 8883, sniHosts: [broker.prod.svc.cluster.local]}]
    route:
    - {destination: {host: broker.prod.svc.cluster.local, subset: v1, port: {number: 8883}}, weight: 100}
  tcp:
  - match: [{port: 61616, destinationSubnets: [10.0.0.0/8]}]
    route:
    - {destination: {host: broker.prod.svc.cluster.local, subset: v1, port: {number: 61616}}, weight: 90}
    - {destination: {host: broker.prod.svc.cluster.local, subset: v2, port: {number: 61616}}, weight: 10}`,
    pinned: [`broker http/0: ${mesh}`, `broker tls/0: ${mesh}`, `broker tcp/0: ${mesh}`],
    tenth: [`broker http/0: ${tenth}`, `broker tls/0: ${tenth}`, `broker tcp/0: ${tenth}`],
    warned: ['SG-connections'],
  },
  {
    name: 'a route without a subset beside routes with one gets stable’s',
    yaml: service(
      'reviews-leak',
      `  - match: [{uri: {exact: /healthz}}]
    route: [{destination: {host: ${host}}}]
  - route: [{destination: {host: ${host}, subset: v1}}]`,
    ),
    pinned: [`reviews-leak http/0: ${mesh}`, `reviews-leak http/1: ${mesh}`],
    warned: ['SG-no-subset'],
  },
  {
    name: 'two mesh VirtualServices for one host',
    yaml: `${service('reviews-old', `  - {timeout: 3s, route: [{destination: {host: ${host}, subset: v1}}]}`)}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-new, namespace: prod}
spec:
  hosts: [reviews]
  http: [{route: [{destination: {host: reviews, subset: v1}, weight: 90}, {destination: {host: reviews, subset: v2}, weight: 10}]}]`,
    pinned: { refused: ['IST0109'] },
  },
  {
    name: 'several VirtualServices of two teams on one gateway host: both, and the mesh too',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop-cart, namespace: cart}
spec:
  hosts: [shop.example.com]
  gateways: [istio-ingress/public]
  http:
  - match: [{uri: {prefix: /cart}}]
    route: [{destination: {host: ${host}, subset: v1}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop-default, namespace: web}
spec:
  hosts: ["*.example.com"]
  gateways: [istio-ingress/public]
  http:
  - route: [{destination: {host: ${host}}}]`,
    pinned: [`shop-cart http/0: ${mesh}`, `shop-default http/0: ${mesh}`, `reviews http/0: ${mesh}`],
    tenth: [`shop-cart http/0: ${tenth}`, `shop-default http/0: ${tenth}`, `reviews http/0: ${tenth}`],
    warned: ['IST0140', 'SG-mesh-route-made'],
  },
  {
    name: 'a DestinationRule of the host in a client’s namespace, and one with a workloadSelector',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}}}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews-web, namespace: web}
spec:
  host: ${host}
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews-batch, namespace: prod}
spec:
  host: reviews
  workloadSelector: {matchLabels: {app: batch}}
  trafficPolicy: {connectionPool: {tcp: {maxConnections: 1}}}`,
    pinned: { refused: ['SG-destination-rule-selector', 'SG-destination-rule-elsewhere'] },
  },
  {
    name: 'owned by Helm and Argo CD, with finalizer and last-applied: metadata survives',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  namespace: prod
  labels: {app.kubernetes.io/managed-by: Helm, app.kubernetes.io/instance: shop, istio.io/rev: asm-1}
  annotations:
    argocd.argoproj.io/tracking-id: "shop:networking.istio.io/VirtualService:prod/reviews"
    meta.helm.sh/release-name: shop
    meta.helm.sh/release-namespace: prod
    kubectl.kubernetes.io/last-applied-configuration: "{\\"apiVersion\\":\\"networking.istio.io/v1\\"}"
  finalizers: [example.com/guard]
spec:
  hosts: [${host}]
  http: [{route: [{destination: {host: ${host}, subset: v1}, weight: 100}]}]`,
    pinned: [`reviews http/0: ${mesh}`],
    tenth: [`reviews http/0: ${tenth}`],
  },
  {
    name: 'faults, disabled retries, present-headers and headers per destination survive',
    yaml: service(
      'reviews-fault',
      `  - match: [{headers: {x-debug: {}}, withoutHeaders: {x-internal: {exact: "1"}}, queryParams: {q: {exact: ""}}}]
    fault: {abort: {httpStatus: 500, percentage: {value: 0.5}}, delay: {fixedDelay: 2s, percentage: {value: 5}}}
    route: [{destination: {host: ${host}, subset: v1}}]
  - retries: {}
    headers: {request: {set: {x-route: primary}, remove: [x-secret]}}
    route:
    - destination: {host: ${host}, subset: v1}
      weight: 50
      headers: {request: {set: {host: reviews-v1.internal}}}
    - destination: {host: ${host}, subset: v2}
      weight: 50`,
    ),
    pinned: [`reviews-fault http/0: ${mesh}`, `reviews-fault http/1: ${mesh}`],
    tenth: [`reviews-fault http/0: ${tenth}`, `reviews-fault http/1: ${tenth}`],
    warned: ['SG-fault'],
  },
  {
    name: 'a canary left in progress, its version twice, once with a port: back to stable, but no further',
    yaml: service(
      'reviews',
      `  - route:
    - {destination: {host: ${host}, subset: v1}, weight: 60}
    - {destination: {host: ${host}, subset: v2, port: {number: 9080}}, weight: 30}
    - {destination: {host: ${host}, subset: v2}, weight: 10}`,
    ),
    pinned: ['reviews http/0: v1=100 v2=0 v2=0'],
    warned: ['SG-duplicate-destination'],
  },
  {
    name: 'a rule without a match in the middle makes the rest dead; anchors; an unknown field',
    loose: true,
    yaml: service(
      'reviews-git',
      `  - match: [{uri: {prefix: /api}}]
    route: &split
    - destination: {host: ${host}, subset: v1}
      weight: 100
    - destination: {host: ${host}, subset: v2}
      weight: 0
  - route: *split
  - match: [{uri: {prefix: /dead}}]
    route: [{destination: {host: ${host}, subset: v2}}]`,
      '\n  x-notes: "do not touch"',
    ),
    pinned: [`reviews-git http/0: ${mesh}`, `reviews-git http/1: ${mesh}`, 'reviews-git http/2: v2=-'],
    tenth: [`reviews-git http/0: ${tenth}`, `reviews-git http/1: ${tenth}`, 'reviews-git http/2: v2=-'],
    warned: ['IST0130'],
  },
  {
    name: 'nothing there at all',
    yaml: '',
    pinned: [`reviews http/0: ${mesh}`],
    tenth: [`reviews http/0: ${tenth}`],
  },
  {
    name: 'another host’s VirtualService has the name that ours would get',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [other.example.com]
  gateways: [public]
  http: [{route: [{destination: {host: other}}]}]`,
    pinned: ['reviews http/0: other=-', `reviews-mesh http/0: ${mesh}`],
  },
  {
    name: 'a wildcard mesh host without a route there',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: everything, namespace: prod}
spec:
  hosts: ["*.prod.svc.cluster.local"]
  http: [{route: [{destination: {host: proxy}}]}]`,
    pinned: { refused: ['SG-wildcard-host'] },
  },
  {
    name: 'a wildcard mesh host with a route there',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: everything, namespace: prod}
spec:
  hosts: ["*.prod.svc.cluster.local"]
  http: [{route: [{destination: {host: reviews}}]}]`,
    pinned: [`everything http/0: ${mesh}`],
  },
  {
    name: 'a mesh VirtualService private to a client’s namespace: pinned, and a public one is made',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-web, namespace: web}
spec:
  hosts: [${host}]
  exportTo: ["."]
  http: [{timeout: 1s, route: [{destination: {host: ${host}}}]}]`,
    pinned: [`reviews-web http/0: ${mesh}`, `reviews http/0: ${mesh}`],
    warned: ['SG-mesh-route-made'],
  },
  {
    name: 'a delegate that is missing',
    yaml: service('reviews', '  - delegate: {name: gone, namespace: elsewhere}'),
    pinned: { refused: ['IST0101'] },
  },
  {
    name: 'a mesh root over a delegate',
    yaml: `${service('reviews-root', '  - delegate: {name: reviews-routes}')}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-routes, namespace: prod}
spec:
  http: [{route: [{destination: {host: reviews}}]}]`,
    pinned: [`reviews-routes http/0: ${mesh}`],
    tenth: [`reviews-routes http/0: ${tenth}`],
  },
  {
    name: 'a delegate that two roots share',
    yaml: `${service('reviews-root', '  - delegate: {name: reviews-routes}')}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge, namespace: prod}
spec:
  hosts: [shop.example.com]
  gateways: [public]
  http: [{delegate: {name: reviews-routes}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-routes, namespace: prod}
spec:
  http: [{route: [{destination: {host: reviews}}]}]`,
    pinned: [`reviews-routes http/0: ${mesh}`],
    warned: ['SG-delegate-shared'],
  },
  {
    name: 'a delegate without a root',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orphan, namespace: prod}
spec:
  http: [{route: [{destination: {host: reviews}}]}]`,
    pinned: [`orphan http/0: ${mesh}`, `reviews http/0: ${mesh}`],
    warned: ['SG-delegate-without-root'],
  },
  {
    name: 'mesh routes that only redirect',
    yaml: service('reviews', '  - redirect: {authority: elsewhere.example.com}'),
    pinned: { refused: ['SG-no-route'] },
  },
  {
    name: 'a negative weight',
    yaml: service(
      'reviews',
      `  - route: [{destination: {host: ${host}, subset: v1}, weight: -1}, {destination: {host: ${host}, subset: v2}, weight: 2}]`,
    ),
    pinned: { refused: ['SG-not-understood'] },
  },
  {
    name: 'weights that are all 0',
    yaml: service(
      'reviews',
      `  - route: [{destination: {host: ${host}, subset: v1}, weight: 0}, {destination: {host: ${host}, subset: v2}, weight: 0}]`,
    ),
    pinned: { refused: ['SG-not-understood'] },
  },
  {
    name: 'a VirtualService that is being deleted',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [a/b]}
spec:
  hosts: [reviews]
  http: [{route: [{destination: {host: reviews}}]}]`,
    pinned: { refused: ['SG-being-deleted'] },
  },
  {
    name: 'a third version keeps its part',
    yaml: service(
      'reviews',
      `  - route: [{destination: {host: ${host}, subset: v0}, weight: 20}, {destination: {host: ${host}, subset: v1}, weight: 80}]`,
    ),
    pinned: ['reviews http/0: v0=20 v1=80 v2=0'],
    tenth: ['reviews http/0: v0=20 v1=72 v2=8'],
  },
  {
    name: 'destinations of stable on two ports in one route',
    yaml: service(
      'reviews',
      `  - route:
    - {destination: {host: ${host}, subset: v1, port: {number: 9080}}, weight: 50}
    - {destination: {host: ${host}, subset: v1, port: {number: 9081}}, weight: 50}`,
    ),
    pinned: ['reviews http/0: v1=50 v1=50 v2=0'],
    warned: ['SG-duplicate-destination'],
  },
  {
    name: 'only the canary on a route that takes everything: somebody took stable out',
    yaml: service('reviews', `  - route: [{destination: {host: ${host}, subset: v2}}]`),
    pinned: ['reviews http/0: v2=0 v1=100'],
  },
  {
    name: 'a canary at 100 beside an explicit stable at 0, behind a match',
    yaml: service(
      'reviews',
      `  - match: [{uri: {prefix: /a}}]
    route: [{destination: {host: ${host}, subset: v1}, weight: 0}, {destination: {host: ${host}, subset: v2}, weight: 100}]
  - route: [{destination: {host: ${host}, subset: v1}}]`,
    ),
    pinned: [`reviews http/0: ${mesh}`, `reviews http/1: ${mesh}`],
  },
  {
    name: 'a scale of 1: multiplied as far as a tenth needs',
    yaml: service('reviews', `  - route: [{destination: {host: ${host}, subset: v1}, weight: 1}]`),
    pinned: ['reviews http/0: v1=1 v2=0'],
    tenth: ['reviews http/0: v1=9 v2=1'],
  },
  {
    name: 'a scale of 1000',
    yaml: service('reviews', `  - route: [{destination: {host: ${host}, subset: v1}, weight: 1000}]`),
    pinned: ['reviews http/0: v1=1000 v2=0'],
    tenth: ['reviews http/0: v1=900 v2=100'],
  },
  {
    name: 'TLS passthrough by SNI on a gateway, nothing else',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: passthrough, namespace: prod}
spec:
  hosts: [reviews.example.com]
  gateways: [public]
  tls: [{match: [{sniHosts: [reviews.example.com]}], route: [{destination: {host: reviews, port: {number: 443}}}]}]`,
    pinned: [`passthrough tls/0: ${mesh}`, `reviews http/0: ${mesh}`],
  },
  {
    name: 'JWT claims and a catch-all host on a gateway',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge, namespace: prod}
spec:
  hosts: ["*"]
  gateways: [public]
  http:
  - match: [{headers: {"@request.auth.claims.group": {exact: dev}}}]
    route: [{destination: {host: reviews, subset: v1}}]
  - match: [{uri: {prefix: /reviews}}]
    route: [{destination: {host: reviews, subset: v1}}]`,
    pinned: [`edge http/0: ${mesh}`, `edge http/1: ${mesh}`, `reviews http/0: ${mesh}`],
  },
  {
    name: 'a namespace’s own copy of the name is another Service',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: staging}
spec:
  hosts: [reviews]
  http: [{route: [{destination: {host: reviews, subset: v1}}]}]`,
    pinned: ['reviews http/0: v1=-', `reviews http/0: ${mesh}`],
  },
  {
    name: 'routes for the host in a third namespace, exported to all',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: central, namespace: routing}
spec:
  hosts: [${host}]
  http: [{route: [{destination: {host: ${host}}}]}]`,
    pinned: [`central http/0: ${mesh}`],
    tenth: [`central http/0: ${tenth}`],
  },
  {
    name: 'names in capitals are the same host',
    yaml: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [Reviews]
  http: [{route: [{destination: {host: Reviews.prod.svc.cluster.local, subset: v1}}]}]`,
    pinned: [`reviews http/0: ${mesh}`],
  },
  {
    name: 'a version that is no DNS label',
    stable: '1.10',
    canary: '1.11_RC',
    yaml: service('reviews', `  - route: [{destination: {host: ${host}}}]`),
    pinned: ['reviews http/0: 1-10=100 1-11-rc=0'],
    tenth: ['reviews http/0: 1-10=90 1-11-rc=10'],
  },
  {
    name: 'subsets named by role, with labels and policies of their own',
    stable: '1.10',
    canary: '1.11',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}, subset: stable}}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec:
  host: ${host}
  exportTo: [".", web]
  trafficPolicy:
    tls: {mode: ISTIO_MUTUAL}
    loadBalancer:
      consistentHash:
        httpCookie: {name: sid, ttl: 0s, path: /}
        ringHash: {minimumRingSize: 1024}
    portLevelSettings:
    - port: {number: 9090}
      connectionPool: {tcp: {maxConnections: 50, idleTimeout: 0s}}
  subsets:
  - name: stable
    labels: {version: "1.10", track: stable}
    trafficPolicy:
      connectionPool: {http: {http2MaxRequests: 500, maxRequestsPerConnection: 0}}
      outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 5, interval: 5s, maxEjectionPercent: 50}`,
    pinned: ['reviews http/0: stable=100 1-11=0'],
    tenth: ['reviews http/0: stable=90 1-11=10'],
    warned: ['SG-destination-rule-private'],
  },
  {
    name: 'a wildcard DestinationRule in force: the new one takes over what it says',
    yaml: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: prod-default, namespace: prod}
spec:
  host: "*.prod.svc.cluster.local"
  trafficPolicy:
    tls: {mode: DISABLE}
    connectionPool: {tcp: {connectTimeout: 2s}}`,
    pinned: [`reviews http/0: ${mesh}`],
  },
  {
    name: 'split DestinationRules, a subset name twice, a subset of everything',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}, subset: v1}}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews-a, namespace: prod}
spec:
  host: ${host}
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: all}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews-b, namespace: prod}
spec:
  host: reviews
  subsets:
  - {name: v1, labels: {version: v1-hotfix}}
  - {name: v2, labels: {version: v2}}`,
    pinned: [`reviews http/0: ${mesh}`],
    warned: ['SG-subset-duplicate', 'SG-subset-selects-all'],
  },
  {
    name: 'the canary’s version under another subset name',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}, subset: blue}}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec:
  host: reviews
  subsets:
  - {name: blue, labels: {version: v1}}
  - {name: green, labels: {version: v2}}
  - {name: v2, labels: {version: v0}}`,
    pinned: ['reviews http/0: blue=100 green=0'],
    tenth: ['reviews http/0: blue=90 green=10'],
  },
  {
    name: 'a route to a subset by role alone: which version that is can’t be told',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}, subset: stable}}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: {host: reviews, subsets: [{name: stable, labels: {track: stable}}]}`,
    pinned: { refused: ['SG-no-route'] },
  },
  {
    name: 'a part of a route to a subset of everything',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}, subset: v1}, weight: 90}, {destination: {host: ${host}, subset: all}, weight: 10}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: all}]}`,
    pinned: { refused: ['SG-subset-without-version'] },
  },
  {
    name: 'a part of a route to a subset of its own labels stays',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}, subset: v1}, weight: 90}, {destination: {host: ${host}, subset: lab}, weight: 10}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: lab, labels: {track: lab}}]}`,
    pinned: ['reviews http/0: v1=90 lab=10 v2=0'],
    tenth: ['reviews http/0: v1=81 lab=10 v2=9'],
  },
  {
    name: 'a DestinationRule that is being deleted',
    yaml: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [a/b]}
spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}`,
    pinned: { refused: ['SG-being-deleted'] },
  },
  {
    name: 'DestinationRules of one host with different exportTo',
    yaml: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews-a, namespace: prod}
spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews-b, namespace: prod}
spec: {host: reviews, exportTo: ["."]}`,
    pinned: { refused: ['SG-destination-rules-differ'] },
  },
  {
    name: 'a DestinationRule that only its own namespace sees, and a route without a subset for everyone',
    yaml: `${service('reviews', `  - route: [{destination: {host: ${host}}}]`)}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: {host: reviews, exportTo: ["."], subsets: [{name: v1, labels: {version: v1}}]}`,
    pinned: { refused: ['SG-destination-rule-private'] },
  },
  {
    name: 'more than a hundred routes',
    yaml: service(
      'reviews',
      [
        ...Array.from(
          { length: 120 },
          (_, index) => `  - match: [{uri: {prefix: /r${index}}}]
    route: [{destination: {host: ${index % 3 === 0 ? host : 'ratings'}}}]`,
        ),
      ].join('\n'),
    ),
    pinned: Array.from(
      { length: 120 },
      (_, index) => `reviews http/${index}: ${index % 3 === 0 ? mesh : 'ratings=-'}`,
    ),
  },
]
