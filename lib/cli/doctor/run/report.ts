/** What one process, or thread, has seen of telemetry. */
export interface Report {
  readonly pid: number;
  readonly isMainThread: boolean;
  /** What Node was told to run. */
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  /** The version of the API that registered first. */
  readonly api?: string | undefined;
  /** Who is registered, by what: the class, and the package that it is of. */
  readonly providers: Readonly<Record<string, string>>;
  /** Whether annotel has started it. */
  readonly isAnnotel: boolean;
  /** The names of the methods and functions that are decorated. */
  readonly decorated: readonly string[];
  readonly libraries: readonly LoadedLibrary[];
  readonly requests: readonly ExportRequest[];
}

/** A library that is traced by patching it, and has been loaded. */
export interface LoadedLibrary {
  readonly name: string;
  readonly version: string;
  /** `undefined` where it cannot be seen from outside. */
  readonly isPatched?: boolean | undefined;
}

/** A request that an exporter has made. */
export interface ExportRequest {
  readonly to: string;
  /** `HTTP 200`, `gRPC 0`, `ECONNREFUSED`; `undefined` while there is none. */
  readonly answer?: string | undefined;
  readonly isAccepted: boolean;
  /** Of the body: the same where it is sent once more. */
  readonly digest: string;
  readonly count: number;
  /** The names of spans or metrics, each behind its instrumentation scope, and how many there are. */
  readonly names: Readonly<Record<string, number>>;
}
