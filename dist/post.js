// The entry of the action's post step: the same program, which knows by this file's name that main has ended. The
// state that main saves would say so too, but where it can't be saved, post must not begin a second release.
import './index.js';
