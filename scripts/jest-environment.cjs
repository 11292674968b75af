const vm = require('node:vm')

/**
 * Jest's Node environment, but with a plain global object. Jest hands `createContext` a proxy, so that each `Math` or
 * `Map` that a test or the code under it reads goes through an interceptor: 10 to 30 times the cost in a hot loop, which
 * made the simulations three to six times as slow as in the program. Each file still gets a context of its own.
 */
const { createContext } = vm
vm.createContext = (_proxy, options) => createContext(vm.constants.DONT_CONTEXTIFY, options)

module.exports = require('jest-environment-node')
