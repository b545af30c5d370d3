import { Reflector } from '@nestjs/core';

/** A route that needs no tenant. */
export const PublicRoute = Reflector.createDecorator<boolean>();
export const Public = (): ClassDecorator & MethodDecorator => PublicRoute(true);
