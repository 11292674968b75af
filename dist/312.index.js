export const id = 312;
export const ids = [312];
export const modules = {

/***/ 7312:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   runSandbox: () => (/* binding */ runSandbox)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8161);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6760);
/* harmony import */ var _release_outcome_exit_codes_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(1640);
/* harmony import */ var _release_text_command_line_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(2750);
/* harmony import */ var _world_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(2704);






/**
 * runSandbox keeps a scenario's cluster, Prometheus and GitHub API up until the signal aborts, and prints how to
 * release in there.
 */
async function runSandbox(parsed, terminal, signal) {
    const world = await (0,_world_js__WEBPACK_IMPORTED_MODULE_4__/* .startSandboxWorld */ .k)(parsed);
    const folder = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.mkdtempSync)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)((0,node_os__WEBPACK_IMPORTED_MODULE_1__.tmpdir)(), 'shiftgate-sandbox-'));
    try {
        const kubeconfig = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, 'kubeconfig');
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.writeFileSync)(kubeconfig, world.sandbox.kubeconfig, { mode: 0o600 });
        const env = {
            KUBECONFIG: kubeconfig,
            SHIFTGATE_TOKEN: world.options.get('token') ?? '',
            ...world.env,
        };
        if (parsed.json !== null)
            terminal.write(parsed.json, addresses(world, env));
        if (parsed.json !== '-')
            terminal.out(instructions(world, env));
        await aborted(signal);
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.rmSync)(folder, { recursive: true });
        await world.sandbox.close();
    }
    return _release_outcome_exit_codes_js__WEBPACK_IMPORTED_MODULE_3__/* .exitCodes */ .h.done;
}
const kept = new Set(['kubeconfig', 'token']);
function flagsOf(world) {
    return [...world.options]
        .filter(([name]) => !kept.has(name))
        .map(([name, text]) => `--${name} ${(0,_release_text_command_line_js__WEBPACK_IMPORTED_MODULE_5__/* .shellWord */ .r)(text)}`);
}
function addresses({ sandbox, options }, env) {
    const { apiUrl, prometheusUrl, githubUrl, clockUrl, meshUrl } = sandbox;
    const flags = Object.fromEntries([...options].filter(([name]) => !kept.has(name)));
    return `${JSON.stringify({ apiUrl, prometheusUrl, githubUrl, clockUrl, meshUrl, env, flags }, null, 2)}\n`;
}
function instructions(world, env) {
    return [
        `Scenario ${world.sandbox.scenario.name}: ${world.sandbox.scenario.description}`,
        'Its time stands still until a release lives in it. In another shell:',
        '',
        ...Object.entries(env).map(([name, value]) => `export ${name}=${(0,_release_text_command_line_js__WEBPACK_IMPORTED_MODULE_5__/* .shellWord */ .r)(value)}`),
        `shiftgate rollout ${flagsOf(world).join(' \\\n  ')}`,
        '',
        `A request to ${world.sandbox.meshUrl} is one call of ${world.sandbox.scenario.service}; x-version names who answered.`,
        '',
        'Ctrl-C ends it.',
        '',
    ].join('\n');
}
function aborted(signal) {
    return new Promise((resolve) => {
        // A promise alone does not keep a process alive; its servers do.
        if (signal.aborted)
            resolve();
        else
            signal.addEventListener('abort', () => resolve(), { once: true });
    });
}


/***/ })

};
