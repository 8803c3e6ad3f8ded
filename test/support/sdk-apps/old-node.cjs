// Makes this Node look like one in which module hooks run in a thread of their own.
Object.defineProperty(process.versions, 'node', { value: '24.10.0' });
