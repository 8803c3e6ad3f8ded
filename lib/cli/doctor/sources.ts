import type { Patient } from './finding.js';

/** A variable that may not apply, in which case it is left out. */
type Candidate = string | false | undefined;

/** What `complain` says where something is used all the same: the rest of a list, or what a URL was taken for. */
const IN_PART = /; using (the (rest|others|sets)|http)/;

/** Where values come from, as far as the environment and the complaints about it tell. */
export class Sources {
  constructor(private readonly patient: Pick<Patient, 'env' | 'complaints'>) {}

  /** In words, for a value that one variable decides: the first of them that is set and understood. */
  first(...variables: Candidate[]): string {
    return this.all(this.firstOf(...variables));
  }

  /** In words, for a value that several variables make up together: those that are set. */
  all(...variables: Candidate[]): string {
    return (
      variables
        .filter((name): name is string => this.#isSet(name))
        .map((name) => this.#describe(name))
        .join(', ') || 'default'
    );
  }

  /** The first that is set and understood, else the first that is set. */
  firstOf(...variables: Candidate[]): string | undefined {
    const set = variables.filter((name): name is string => this.#isSet(name));
    return set.find((name) => !this.#isRefused(name)) ?? set[0];
  }

  #isSet(name: Candidate): name is string {
    return typeof name === 'string' && this.patient.env.text(name) !== undefined;
  }

  #describe(name: string): string {
    if (this.#isRefused(name)) return `default, as ${name} is not understood`;
    return this.#complaint(name) === undefined ? name : `${name} in part`;
  }

  #isRefused(name: string): boolean {
    const complaint = this.#complaint(name);
    return complaint !== undefined && !IN_PART.test(complaint);
  }

  #complaint(name: string): string | undefined {
    return this.patient.complaints.find((complaint) => complaint.startsWith(`${name}=`));
  }
}
