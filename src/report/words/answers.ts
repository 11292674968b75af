/** answerName names an answer for people: `404`, `gRPC 5`, `no answer`, `another answer`. Of a record: escape it. */
export function answerName(answer: string): string {
  if (answer === 'none') return 'no answer'
  if (answer === 'other') return 'another answer'
  return answer.replace(/^grpc /, 'gRPC ')
}
