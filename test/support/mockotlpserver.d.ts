declare module '@elastic/mockotlpserver' {
  export class MockOtlpServer {
    constructor(options: Record<string, unknown>);
    readonly httpUrl: URL;
    start(): Promise<void>;
    close(): Promise<void>;
  }
}
