/** Tells on the terminal how far a long piece of work is: one line that moves, or a line per tenth where output is kept. */
export class Progress {
  private done = 0;
  private tenths = 0;

  constructor(
    private readonly label: string,
    private readonly total: number,
    private readonly out: NodeJS.WriteStream = process.stdout,
  ) {}

  advance(count: number): void {
    this.done += count;
    const line = `${this.label} ${Math.floor((100 * this.done) / this.total)} % (${this.done} of ${this.total})`;
    if (this.out.isTTY) {
      this.out.write(`\r${line}${this.done >= this.total ? '\n' : ''}`);
      return;
    }
    const tenths = Math.floor((10 * this.done) / this.total);
    if (tenths > this.tenths) this.out.write(`${line}\n`);
    this.tenths = tenths;
  }
}
