import { logRecord } from '../../../nest-module/telemetry.logger.js';

class PaymentError extends Error {}

describe('logRecord', () => {
  it.each<[what: string, messages: unknown[], body: unknown, attributes: object]>([
    ['a text', ['ready'], 'ready', {}],
    ['several texts and numbers', ['listening on', 3000, true], 'listening on 3000 true', {}],
    ['a list beside a text', ['ids', [1, 2]], 'ids [1,2]', {}],
    ['nothing', [undefined], 'undefined', {}],
    [
      'objects beside a text',
      ['charged', { order: 7 }, { total: { eur: 3 } }],
      'charged',
      { order: 7, total: { eur: 3 } },
    ],
    ['an object alone', [{ order: 7 }], { order: 7 }, {}],
    ['an object that has a message', [{ message: 'charged', order: 7 }], 'charged', { order: 7 }],
  ])('takes %s', (_what, messages, body, attributes) => {
    expect(logRecord(messages)).toEqual({ body, attributes });
  });

  it('takes an error for the body and as exception', () => {
    const error = new PaymentError('card refused');
    expect(logRecord([error])).toEqual({
      body: 'card refused',
      attributes: {
        'exception.type': 'PaymentError',
        'exception.message': 'card refused',
        'exception.stacktrace': error.stack,
      },
    });
  });

  it('takes an error beside a text', () => {
    const { body, attributes } = logRecord(['cannot charge', new TypeError('no card'), { order: 7 }]);
    expect(body).toBe('cannot charge no card');
    expect(attributes).toMatchObject({ order: 7, 'exception.type': 'TypeError', 'exception.message': 'no card' });
  });

  it.each([
    ['TypeError: x is not a function', 'TypeError', 'x is not a function'],
    ['HttpException [Forbidden]: no entry', 'HttpException', 'no entry'],
    ['Error', 'Error', undefined],
  ])('reads type and message from a stack that begins with %p', (head, type, message) => {
    const stack = `${head}\n    at run (app.js:1:1)`;
    const { attributes } = logRecord(['failed'], stack);
    expect(attributes).toEqual({
      'exception.type': type,
      ...(message && { 'exception.message': message }),
      'exception.stacktrace': stack,
    });
  });

  it('keeps a stack in a form that it does not know', () => {
    expect(logRecord(['failed'], 'somewhere').attributes).toEqual({ 'exception.stacktrace': 'somewhere' });
  });

  it('does not stumble over an error that cannot be read', () => {
    const error = new Error('no');
    for (const key of ['name', 'message', 'stack', 'constructor']) {
      Object.defineProperty(error, key, {
        get() {
          throw new Error('private');
        },
      });
    }
    expect(logRecord([error]).body).toBe('[Unreadable]');
  });
});
