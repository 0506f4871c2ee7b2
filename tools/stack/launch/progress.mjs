// On stderr: stdout belongs to the verb's own answer.
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Shows that something is going on: a spinner in a terminal, one plain line at the end elsewhere. */
export function progress(title, out = process.stderr) {
  const start = Date.now();
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  let turn = 0;
  const draw = () => out.write(`\r\u001b[K${frames[turn++ % frames.length]} ${title} ${seconds()}`);
  const timer = out.isTTY ? setInterval(draw, 100) : undefined;
  timer?.unref();
  if (!timer) out.write(`  ${title} ...\n`);
  const end = (mark, text) => {
    clearInterval(timer);
    out.write(`${timer ? '\r\u001b[K' : ''}${mark} ${title} ${seconds()}\n${text}`);
  };
  return { done: () => end('✓', ''), fail: (output = '') => end('✗', output) };
}
