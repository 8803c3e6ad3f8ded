import { LlmCall, Traced } from 'annotel';

export class Safe {
  @Traced()
  #unlock(code: string): string {
    return code;
  }

  @LlmCall({ model: (code: string) => code })
  static async #ask(code: string): Promise<string> {
    return code;
  }

  open(): string {
    void Safe.#ask('');
    return this.#unlock('');
  }

  // @ts-expect-error an auto-accessor is no method
  @Traced()
  accessor auto = 1;

  // @ts-expect-error the argument of a private method is a number
  @Traced({ name: (code: string) => code })
  #wrong(_code: number): void {
    this.#wrong(1);
  }
}
