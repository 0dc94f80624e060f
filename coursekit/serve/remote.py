"""An image from a URL that a stranger gives: from public addresses only, within limits.

Without care a server that fetches URLs opens its own network to everybody: http://127.0.0.1, the router, the
cloud's own address with its passwords. So each name is turned into addresses once, all of them are checked, and
the connection goes to the checked address, not to what the name means a moment later.

Everything else in coursekit asks the network through requests (`data.download`). The app uses httpx, as a stranger's
server must not hold one of its threads: one time limit ends an answer at any point, in headers without end or at a
byte now and then, where a blocking call would go on. httpx also connects to a checked address under the certificate
of the name, and leaves the body of an answer that leads elsewhere unread.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from coursekit.serve.limits import Refused
from coursekit.serve.uploads import is_image_type, too_large

PORTS = {"http": 80, "https": 443}
GLOBAL_UNICAST, SIX_TO_FOUR = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("2002::/16")
HEADERS = {"User-Agent": "coursekit", "Accept": "image/*", "Accept-Encoding": "identity"}


def is_public(address):
    """Whether an IP address is one of the open internet: not private, loopback, link-local, reserved or hidden.

    IPv6 has several ways to write an IPv4 address into one of its own; none of them is accepted.
    """
    if address.version == 6 and (address not in GLOBAL_UNICAST or address in SIX_TO_FOUR):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve(host, port):
    """All IP addresses of `host`; raises OSError if there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(address[0]) for *_, address in found]


@dataclass(frozen=True)
class Remote:
    """Gets files of at most `max_bytes` within `seconds`, over at most `redirects`.

    `accepts` says which addresses may be asked, `resolve` finds them, `ports` are the only ones; a test that has
    nothing but this machine replaces them.
    """

    max_bytes: int
    seconds: float
    redirects: int = 3
    ports: tuple = tuple(PORTS.values())
    accepts: Callable = is_public
    resolve: Callable = resolve
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    async def get(self, url):
        """The bytes behind `url`; raises `Refused`."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(url)
        except TimeoutError as error:
            raise Refused(504, f"The image's server did not answer within {self.seconds:g} seconds.") from error
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            raise Refused(502, "The image's server cannot be reached, or broke off.") from error

    async def _follow(self, url):
        "The bytes behind `url`, which may point to another; each is checked like the first."
        here = httpx.URL()
        for _ in range(self.redirects + 1):
            here = self._checked(here, url)
            url, content = await self._ask(here)
            if content is not None:
                return content
        raise Refused(400, f"Expected at most {self.redirects} redirects, found more: give the last URL.")

    async def _ask(self, url):
        "One request: where it points to and None, or None and its bytes."
        address = await self._address(url)
        async with httpx.AsyncClient(verify=self.context, trust_env=False, timeout=self.seconds) as client:
            request = client.build_request(
                "GET", url.copy_with(host=str(address)), headers=HEADERS | {"Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": url.raw_host.decode("ascii")})  # the certificate must be the name's
            response = await client.send(request, stream=True)
            try:
                if response.has_redirect_location:
                    return response.headers["location"], None
                return None, await self._read(response)
            finally:
                await response.aclose()

    def _checked(self, here, url):
        "The URL taken apart, as seen from `here`; refuses other schemes and ports, and passwords."
        try:
            url = here.join(url)
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            raise Refused(400, "Expected a URL, found something else: copy it from the address bar.") from error
        if url.scheme not in PORTS or not url.host or url.userinfo:
            raise Refused(400, "Expected a URL that begins with http:// or https:// and a name, found another.")
        if (url.port or PORTS[url.scheme]) not in self.ports:
            raise Refused(400, "Expected a URL without a port number, found one: only the usual ports are asked.")
        return url.copy_with(fragment=None)

    async def _address(self, url):
        "The address to ask; refuses a name that has any address which is not public."
        try:
            addresses = await self.resolve(url.raw_host.decode("ascii"), url.port or PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise Refused(400, "Expected the name of a server, found one that does not exist.") from error
        if not addresses or not all(map(self.accepts, addresses)):
            raise Refused(400, "Expected a public server, found an address inside a network: this is refused.")
        return addresses[0]

    async def _read(self, response):
        "The body; refuses what is no image, is compressed, or too large."
        if response.status_code != 200:
            raise Refused(502, f"The image's server answers {response.status_code}.")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not is_image_type(kind) or response.headers.get("content-encoding", "identity") != "identity":
            raise Refused(415, "Expected an image behind the URL, found something else.")
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > self.max_bytes:
                raise too_large(self.max_bytes)
        return bytes(content)
