import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** Ask one of Cordon's APIs over its AF_UNIX socket and give the answer's JSON. */
export async function ask(socketPath: string, path: string): Promise<unknown> {
  const answer = await new Promise<string>((resolve, reject) => {
    request({ socketPath, path }, response => resolve(text(response)))
      .once('error', reject)
      .end()
  })
  return JSON.parse(answer)
}
