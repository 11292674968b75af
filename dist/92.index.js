export const id = 92;
export const ids = [92];
export const modules = {

/***/ 1092:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   runDemo: () => (/* binding */ runDemo)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _config_resolve_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9948);
/* harmony import */ var _config_workspace_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(56);
/* harmony import */ var _wiring_ci_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(1871);
/* harmony import */ var _cluster_command_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(2067);
/* harmony import */ var _world_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(2704);






/**
 * runDemo releases a version in a sandbox: the very command `rollout`, which knows nothing of the sandbox but its
 * addresses and its clock. It gives the rollout's exit code.
 */
async function runDemo(parsed, terminal, commands, signal) {
    const show = parsed.json === '-' ? terminal.error : terminal.out;
    const world = await (0,_world_js__WEBPACK_IMPORTED_MODULE_5__/* .startSandboxWorld */ .k)(parsed);
    const { sandbox, env } = world;
    try {
        const { scenario } = sandbox;
        show(`Scenario ${scenario.name}: ${scenario.description}\n\n`);
        const inside = { ...terminal, env: { PATH: terminal.env.PATH, ...env } };
        const outcome = await (0,_cluster_command_js__WEBPACK_IMPORTED_MODULE_4__/* .runRequest */ .U)(requestIn(world, terminal), parsed.json, inside, commands, signal);
        show(`\n${commentIn(sandbox)}\n`);
        if (outcome.report !== null)
            show(`Report: ${(0,node_path__WEBPACK_IMPORTED_MODULE_0__.relative)(terminal.cwd, outcome.report)}\n`);
        return outcome.exitCode;
    }
    finally {
        await sandbox.close();
    }
}
/** The demo's request is its own: neither the config file nor the environment of the place it runs in count. */
function requestIn({ options, env }, terminal) {
    const workspace = (0,_config_workspace_js__WEBPACK_IMPORTED_MODULE_2__/* .workspaceAt */ .x)(terminal.cwd);
    const given = new Map([...options].map(([name, text]) => [name, { text, label: `--${name}`, position: null }]));
    return (0,_config_resolve_js__WEBPACK_IMPORTED_MODULE_1__/* .resolveRequest */ .M)({
        command: 'rollout',
        inputs: given,
        environment: new Map(),
        file: null,
        context: (0,_wiring_ci_js__WEBPACK_IMPORTED_MODULE_3__/* .readRun */ .c)({
            env,
            process: { hostname: 'demo', pid: 1, nonce: 'demo' },
            readFile: workspace.readFile,
        }),
        nameOf: (name) => `--${name}`,
        readFile: workspace.readFile,
        absolute: workspace.absolute,
    }).request;
}
function commentIn({ forge }) {
    const comment = forge.state.comments.at(-1);
    if (comment === undefined)
        return 'No comment was posted.\n';
    const visible = comment.body.replace(/<!--[\s\S]*?-->\n?/g, '').trim();
    return `Comment on pull request #${comment.issue}:\n\n${visible}\n`;
}


/***/ })

};
