export interface Step {
  done(): void;
  fail(output?: string): void;
}

export function progress(title: string, out?: NodeJS.WriteStream): Step;
