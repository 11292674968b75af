import assert from 'node:assert/strict'
import { type ContractCase, done, fieldsNamed, refused } from './case.ts'
import { type Contract, pair } from './wire.ts'

const misspelt = { http: [{ route: [{ destination: { host: 'x' }, wieght: 10 }] }] }
const subsets = (name: string) => ({ http: [{ route: [{ destination: { host: 'x', subset: name } }] }] })

async function denied(
  { post, routes, route, fresh }: Contract,
  spec: Record<string, unknown>,
  why: RegExp,
): Promise<void> {
  const heard = await post(routes(), route(fresh(), { spec }))
  refused(
    heard,
    400,
    null,
    /^admission webhook "[^"]*validation\.istio\.io" denied the request: configuration is invalid: /,
  )
  assert.match(heard.status.message ?? '', why)
}

/** validating holds what the schema, the limits and Istio's webhook say. */
export const validating: ContractCase[] = [
  {
    title: 'a wrong type: 422 whose cause names the field',
    async run({ create, jsonPatch, routes }) {
      const { name } = (await create()).metadata
      const heard = await jsonPatch(routes(name), [
        { op: 'replace', path: '/spec/http/0/route/0/weight', value: 'many' },
      ])
      refused(heard, 422, 'Invalid', /spec\.http\[0\]\.route\[0\]\.weight/)
      assert.ok(fieldsNamed(heard).includes('spec.http[0].route[0].weight'))
    },
  },
  {
    title: 'a missing required field: 422 whose cause names the field',
    async run({ post, route, routes, fresh }) {
      const heard = await post(
        routes(),
        route(fresh(), { spec: { http: [{ route: [{ destination: {} }] }] } }),
      )
      refused(heard, 422, 'Invalid', /spec\.http\[0\]\.route\[0\]\.destination\.host: Required value/)
      assert.ok(fieldsNamed(heard).includes('spec.http[0].route[0].destination.host'))
    },
  },
  {
    title: 'an unknown field: dropped, with a Warning header',
    async run({ post, route, routes, fresh }) {
      const heard = await post(routes(), route(fresh(), { spec: misspelt }))
      done(heard, 201)
      assert.ok(
        heard.warnings.includes('unknown field "spec.http[0].route[0].wieght"'),
        heard.warnings.join(' | '),
      )
      assert.ok(!heard.text.includes('"wieght":10'), 'the field is dropped')
    },
  },
  {
    title: 'an unknown field with fieldValidation=Strict: refused by name; a patch gives 422',
    async run({ create, jsonPatch, post, route, routes, fresh }) {
      const path = routes((await create()).metadata.name)
      const heard = await jsonPatch(`${path}?dryRun=All&fieldValidation=Strict`, [
        { op: 'add', path: '/spec/http/0/wieght', value: 10 },
      ])
      refused(heard, 422, 'Invalid', /strict decoding error: unknown field "spec\.http\[0\]\.wieght"/)
      const created = await post(
        `${routes()}?dryRun=All&fieldValidation=Strict`,
        route(fresh(), { spec: misspelt }),
      )
      refused(created, 400, 'BadRequest', /unknown field "spec\.http\[0\]\.route\[0\]\.wieght"/)
    },
  },
  {
    title: 'weights 50 + 40, and one destination with weight 10: accepted',
    async run({ create }) {
      await create({ spec: { http: [{ route: pair('x', 50, 40) }] } })
      await create({ spec: { http: [{ route: [{ destination: { host: 'x' }, weight: 10 }] }] } })
    },
  },
  {
    title: 'annotations over 262,144 bytes: 422 Too long; at the limit they pass',
    async run({ create, patch, routes }) {
      const path = routes((await create()).metadata.name)
      const annotate = (bytes: number) =>
        patch(
          path,
          'application/merge-patch+json',
          JSON.stringify({ metadata: { annotations: { a: 'x'.repeat(bytes - 1) } } }),
        )
      const heard = await annotate(262_145)
      refused(heard, 422, 'Invalid', /metadata\.annotations: Too long: may not be more than 262144 bytes/)
      assert.ok(fieldsNamed(heard).includes('metadata.annotations'))
      done(await annotate(262_144))
    },
  },
  {
    title: 'Istio’s webhook refuses a weight below 0',
    needs: 'webhook',
    run: (contract) => denied(contract, { http: [{ route: pair('x', -1, 101) }] }, /weight -1 < 0/),
  },
  {
    title: 'Istio’s webhook refuses a subset’s name that is no label',
    needs: 'webhook',
    run: (contract) => denied(contract, subsets('v1.2'), /subset name is invalid: v1\.2/),
  },
  {
    title: 'Istio’s webhook refuses weights that are all 0',
    needs: 'webhook',
    run: (contract) =>
      denied(contract, { http: [{ route: pair('x', 0, 0) }] }, /total destination weight = 0/),
  },
  {
    title: 'Istio’s webhook warns of a rule that is never used',
    needs: 'webhook',
    async run({ post, route, routes, fresh }) {
      const rule = { route: [{ destination: { host: 'x' } }] }
      const heard = await post(routes(), route(fresh(), { spec: { http: [rule, rule] } }))
      done(heard, 201)
      assert.ok(
        // The reason that follows in brackets differs between Istio's versions.
        heard.warnings.some((text) => text.includes('rule #1 not used (')),
        heard.warnings.join(' | '),
      )
    },
  },
]
