import pytest

from messaging.accept import acceptance


@pytest.fixture(autouse=True)
async def _no_pool_outlives_its_loop():
    """Each test has an event loop of its own, and the acceptance of messages a pool for each."""
    yield
    await acceptance.close()
