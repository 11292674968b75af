import { unchangedLine, warningLine } from '../../report/words/offline.ts'
import { problemWithRemedy } from '../../routing/problem.ts'
import type { RenderRequest, RenderResult, RouteFiles, SourceFile } from '../../routing/route-files.ts'

/** RenderedFiles is what `render` gives: files to write, or why nothing was changed, and what to say about it. */
interface RenderedFiles {
  result: RenderResult
  /** A line each: problems, or warnings about what was done. */
  lines: string[]
}

/** renderFiles edits routing objects in files as a release would edit them in a cluster. It writes nothing. */
export function renderFiles(
  backend: RouteFiles,
  sources: readonly SourceFile[],
  order: RenderRequest,
): RenderedFiles {
  const result = backend.render(sources, order)
  return {
    result,
    lines: result.ok
      ? result.warnings.map((warning) => warningLine(problemWithRemedy(warning)))
      : [unchangedLine, ...result.problems.map(problemWithRemedy)],
  }
}
