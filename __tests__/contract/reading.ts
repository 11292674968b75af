import assert from 'node:assert/strict'
import { type ContractCase, done, refused } from './case.ts'

/** reading holds what a client reads: objects, lists, discovery. */
export const reading: ContractCase[] = [
  {
    title: 'GET of a missing object: 404 NotFound that names it',
    async run({ get, routes, fresh }) {
      const name = fresh()
      const heard = await get(routes(name))
      refused(heard, 404, 'NotFound', `virtualservices.networking.istio.io "${name}" not found`)
      const { name: named, group, kind } = heard.status.details ?? {}
      assert.deepEqual([named, group, kind], [name, 'networking.istio.io', 'virtualservices'])
    },
  },
  {
    title: 'GET of a kind, version or group that is not served: 404 in plain text, no Status',
    async run({ get, namespace }) {
      for (const place of ['networking.istio.io/v1', 'networking.istio.io/v9', 'shiftgate.example.com/v1']) {
        const heard = await get(`/apis/${place}/namespaces/${namespace}/nosuchkinds/x`)
        assert.deepEqual([heard.code, heard.text.trim()], [404, '404 page not found'])
        assert.match(heard.contentType, /^text\/plain/)
      }
    },
  },
  {
    title: 'a list with limit: continue and remainingItemCount, and the rest follows',
    async run({ create, get, routes }) {
      const label = { 'shiftgate.io/contract': `l${Date.now()}` }
      const names: (string | undefined)[] = []
      for (let count = 0; count < 3; count++)
        names.push((await create({ metadata: { labels: label } })).metadata.name)
      const first = await get(`${routes()}?limit=2`)
      done(first)
      const { continue: next, remainingItemCount } = first.object.metadata
      assert.equal((first.object.items as unknown[]).length, 2)
      assert.ok(typeof next === 'string' && next !== '', 'metadata.continue')
      assert.ok(
        typeof remainingItemCount === 'number' && remainingItemCount >= 1,
        'metadata.remainingItemCount',
      )
      let seen = (first.object.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
      for (let more: unknown = next; typeof more === 'string' && more !== ''; ) {
        const page = await get(`${routes()}?limit=2&continue=${encodeURIComponent(more)}`)
        done(page)
        seen = [
          ...seen,
          ...(page.object.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name),
        ]
        more = page.object.metadata.continue
      }
      assert.ok(
        names.every((name) => seen.includes(String(name))),
        'all pages together hold all objects',
      )
      const selected = await get(
        `${routes()}?labelSelector=${encodeURIComponent(`shiftgate.io/contract=${label['shiftgate.io/contract']}`)}`,
      )
      assert.equal((selected.object.items as unknown[]).length, 3)
    },
  },
  {
    title: 'items of a list carry no kind of their own where the list says it, or the same',
    async run({ create, get, routes }) {
      await create()
      const heard = await get(`${routes()}?limit=1`)
      assert.equal(heard.object.kind, 'VirtualServiceList')
      const [item] = heard.object.items as { kind?: string }[]
      assert.ok(item?.kind === undefined || item.kind === 'VirtualService')
    },
  },
  {
    title: 'a bad label selector: 400 BadRequest that says what was expected',
    async run({ get, routes }) {
      const heard = await get(`${routes()}?labelSelector=${encodeURIComponent('==x')}`)
      refused(heard, 400, 'BadRequest', /found '==', expected: !, identifier, or 'end of string'/)
    },
  },
  {
    title: 'group discovery: versions and the preferred one; each serves the same object',
    async run({ get, create, namespace }) {
      const heard = await get('/apis/networking.istio.io')
      done(heard)
      const body = heard.object as unknown as {
        versions: { version: string; groupVersion: string }[]
        preferredVersion: { version: string }
      }
      const versions = body.versions.map(({ version }) => version)
      assert.ok(versions.includes('v1'), 'v1 is served')
      assert.equal(body.preferredVersion.version, 'v1')
      assert.deepEqual(
        body.versions.map(({ groupVersion }) => groupVersion),
        versions.map((each) => `networking.istio.io/${each}`),
      )
      const made = await create()
      for (const version of versions) {
        const one = await get(
          `/apis/networking.istio.io/${version}/namespaces/${namespace}/virtualservices/${made.metadata.name}`,
        )
        assert.equal(one.object.apiVersion, `networking.istio.io/${version}`)
        assert.deepEqual([one.object.metadata.uid, one.object.spec], [made.metadata.uid, made.spec])
      }
    },
  },
  {
    title: 'GET /version tells major, minor and gitVersion',
    async run({ get }) {
      const { major, minor, gitVersion } = (await get('/version')).object as unknown as Record<string, string>
      assert.match(`${major} ${minor} ${gitVersion}`, /^1 \d+\+? v1\.\d+/)
    },
  },
]
