import type { Reporter, TestModule } from 'vitest/node';

/** Says at the end of a run which tests were left out, and why. */
export default class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].flatMap((test) => {
        const result = test.result();
        // Those that a narrower run did not ask for say nothing.
        return result.state === 'skipped' && result.note !== undefined
          ? [`  ${module.relativeModuleId}: ${test.fullName}: ${result.note}`]
          : [];
      }),
    );
    if (lines.length > 0) console.log(['\nLeft out:', ...lines, ''].join('\n'));
  }
}
