import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { completeDocument } from './complete-document.js';

const DESCRIPTION =
  'Exact per-tenant quotas, and a fair queue for what cannot run now. Errors are application/problem+json (RFC 9457): ' +
  '`code` says which kind, `detail` what to do next.';

/** The contract, OpenAPI 3.1, from the code itself. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Fairshare')
    .setDescription(DESCRIPTION)
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('http://127.0.0.1:8000', 'npm start')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: "A tenant's API key (fsk_…) or JWT" },
      'tenant',
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Tenant-ID', description: 'Where TENANT_AUTH=header' },
      'tenant_header',
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Admin-Key', description: "An operator's key" },
      'admin',
    )
    .build();
  return completeDocument(SwaggerModule.createDocument(app, builder));
}
