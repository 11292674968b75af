import type { ContractCase } from './case.ts'
import { reading } from './reading.ts'
import { leases, rights } from './rights-and-leases.ts'
import { validating } from './validating.ts'
import { writing } from './writing.ts'

/** apiCases are all that a client relies on at a Kubernetes API server with Istio's kinds. */
export const apiCases: readonly ContractCase[] = [...reading, ...writing, ...validating, ...rights, ...leases]
