import { describe, expect, it } from '@jest/globals';
import { cleanedUrl, withoutCredentials } from '../../../../lib/privacy/cleaning/web-address.js';
import { settings } from '../../../../lib/settings.js';

const { redact: ALL } = settings();

describe('cleanedUrl', () => {
  it.each<[url: string, left: string]>([
    // Names of parameters, however they are written.
    ['/x?%74oken=hunter2', '/x?%74oken=[SECRET]'],
    ['/x?TOKEN=hunter2', '/x?TOKEN=[SECRET]'],
    ['/x?accessToken=hunter2', '/x?accessToken=[SECRET]'],
    ['/x?user[password]=hunter2', '/x?user[password]=[SECRET]'],
    ['/x?a=1;token=hunter2', '/x?a=1;token=[SECRET]'],
    ['/x?a=1&amp;token=hunter2', '/x?a=1&amp;token=[SECRET]'],
    ['/x;jsessionid=hunter2/y?a=1', '/x;jsessionid=[SECRET]/y?a=1'],
    ['/x#/cb?id_token=hunter2', '/x#/cb?id_token=[SECRET]'],
    ['/x?password=a/b+c==;d&e=1', '/x?password=[SECRET]&e=1'],
    // A URL within a URL.
    ['/x?to=https%3A%2F%2Fy%3Ftoken%3Dhunter2%26a%3D1&b=2', '/x?to=https%3A%2F%2Fy%3Ftoken%3D[SECRET]%26a%3D1&b=2'],
    ['/x?to=https%253A%252F%252Fy%253Ftoken%253Dhunter2', '/x?to=https%253A%252F%252Fy%253Ftoken%253D[SECRET]'],
    ['/x?to=https://y?token=hunter2', '/x?to=https://y?token=[SECRET]'],
    // Signed links.
    [
      'https://s3/k?X-Amz-Credential=a%2Fb&X-Amz-Date=20260101T000000Z&X-Amz-Signature=00ff',
      'https://s3/k?X-Amz-Credential=[SECRET]&X-Amz-Date=20260101T000000Z&X-Amz-Signature=[SECRET]',
    ],
    [
      'https://gs/k?GoogleAccessId=a&Expires=1&Signature=b',
      'https://gs/k?GoogleAccessId=[SECRET]&Expires=1&Signature=[SECRET]',
    ],
    ['https://blob/k?sv=2024-01-01&sp=r&sig=a%3D', 'https://blob/k?sv=2024-01-01&sp=r&sig=[SECRET]'],
    ['https://hooks.slack.com/services/T012/B012/abcdefghijklmnop1234', 'https://hooks.slack.com/services/[SECRET]'],
    ['/services/T012/B012/abcdefghijklmnop1234', '/services/T012/B012/[SECRET]'],
    // Users, with passwords that should have been encoded, too.
    ['https://ann:hunter2@db/x', 'https://[SECRET]@db/x'],
    ['postgres://ann:a/b@db/x', 'postgres://[SECRET]@db/x'],
    ['wss://token@h/x', 'wss://[SECRET]@h/x'],
    ['data:text/plain,hunter2', 'data:text/plain,[SECRET]'],
    // Personal data, encoded.
    ['/x?q=%2B1%20415%20555%200132', '/x?q=[PHONE]'],
    ['/users/ann%2540example.com', '/users/[EMAIL]'],
    // What stays.
    ['http://203.0.113.7:8080/x', 'http://203.0.113.7:8080/x'],
    ['http://[2001:db8::1]:8080/x', 'http://[2001:db8::1]:8080/x'],
    [
      '/a?page_token=x&max_tokens=5&zip_code=94110&sort_key=b&author=ann',
      '/a?page_token=x&max_tokens=5&zip_code=94110&sort_key=b&author=ann',
    ],
    ['/orders/4711/items/12345678?q=a+b%20c', '/orders/4711/items/12345678?q=a+b%20c'],
  ])('%s', (url, left) => {
    expect(cleanedUrl(url, ALL, 'attribute')).toBe(left);
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['https://ann:hunter2@collector:4318', 'https://[SECRET]@collector:4318'],
    ['ann:hunter2@collector:4318', '[SECRET]@collector:4318'],
    ['ftp://ann:a/b@c@collector', 'ftp://[SECRET]@collector'],
    ['https://collector/?token=hunter2', 'https://collector/?[SECRET]'],
    ['https://collector/x?k=hunter2&b=1', 'https://collector/x?[SECRET]'],
    ['https://ann:hun?ter2@collector/x', 'https://[SECRET]@collector/x'],
    ['localhost:4318/?k=hunter2', 'localhost:4318/?[SECRET]'],
    ['localhost:4318', 'localhost:4318'],
    ['http/protobuf', 'http/protobuf'],
  ])('%s', (address, left) => {
    expect(withoutCredentials(address)).toBe(left);
  });
});
